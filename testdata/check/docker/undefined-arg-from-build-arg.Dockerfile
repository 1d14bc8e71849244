FROM busybox$TAG
# test: arg TAG=:latest
