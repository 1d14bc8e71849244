FROM busybox AS a
FROM busybox
cmd ["x"]
workdir /x
user a
