ARG TAG
FROM busybox:${TAG:-latest}
