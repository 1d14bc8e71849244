FROM busybox AS a
SHELL ["/bin/sh", "-c"]
CMD echo a
FROM a
CMD echo b
FROM busybox
CMD echo c
