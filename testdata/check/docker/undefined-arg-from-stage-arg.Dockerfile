FROM busybox AS a
ARG LATER=x
FROM busybox$LATER
