FROM busybox$A$B AS a
FROM busybox$A
