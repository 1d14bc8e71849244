FROM busybox
ARG D=/x
ARG E=y
WORKDIR $D
FROM busybox
ARG E=y
WORKDIR ${E}/z
