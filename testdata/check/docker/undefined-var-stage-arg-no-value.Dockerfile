FROM busybox AS a
ARG X
FROM a AS b
ENV Z=$X
