FROM --platform=$BUILDPLATFORM scratch as a
