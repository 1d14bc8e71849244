FROM busybox AS b
FROM scratch AS b
FROM scratch AS c
FROM scratch AS B
