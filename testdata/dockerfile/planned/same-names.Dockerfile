FROM alpine AS alpine
RUN true first
FROM alpine AS alpine
RUN true second
FROM busybox AS alpine2
COPY --from=alpine /etc /
