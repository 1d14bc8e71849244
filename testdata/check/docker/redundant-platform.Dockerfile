FROM --platform=$TARGETPLATFORM busybox AS a
FROM --platform=${TARGETPLATFORM} busybox AS b
FROM --platform=$BUILDPLATFORM busybox AS c
FROM --platform=${TARGETPLATFORM:-linux/arm64} busybox AS d
