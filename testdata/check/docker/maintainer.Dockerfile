FROM busybox AS a
MAINTAINER me
FROM scratch
Maintainer you
