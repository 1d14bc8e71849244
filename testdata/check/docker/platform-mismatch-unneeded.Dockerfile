FROM checkarm AS a
FROM busybox AS b
# test: target b
