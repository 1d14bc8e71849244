ARG VERSION=latest
FROM busybox:latest${VERSON}
