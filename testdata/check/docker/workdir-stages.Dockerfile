FROM busybox AS a
WORKDIR /x
FROM a AS b
WORKDIR y
FROM busybox
WORKDIR z
