FROM --platform=$TARGETOS/$TARGETARCH busybox
