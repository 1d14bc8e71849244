FROM busybox
CMD ["a", b]
ENTRYPOINT [a]
