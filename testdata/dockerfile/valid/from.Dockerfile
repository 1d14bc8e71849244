ARG V=1 W
ARG X="a b"
FROM --platform=$BUILDPLATFORM golang:${V} AS Build
from build as next
FROM alpine@sha256:0123
