FROM busybox$TAG AS a
ARG X
FROM busybox:${VER:-latest} AS b
FROM ${REG-}busybox
