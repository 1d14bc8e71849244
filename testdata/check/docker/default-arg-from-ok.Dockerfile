ARG TAG=latest
ARG IMAGE=busybox
FROM ${IMAGE}:${TAG}
