FROM busybox AS unused
ENV A=$X
FROM busybox
