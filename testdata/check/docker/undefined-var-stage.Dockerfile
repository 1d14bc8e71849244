FROM busybox AS a
ARG X=1
ENV Y=1
FROM a AS b
ENV Z=$X$Y
FROM busybox
ENV Z=$X
ENV W=$Y
