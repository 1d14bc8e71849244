FROM busybox AS a
CMD echo a
FROM busybox AS b
ENTRYPOINT echo b
CMD ["x"]
FROM busybox
ENTRYPOINT ["x"]
CMD []
