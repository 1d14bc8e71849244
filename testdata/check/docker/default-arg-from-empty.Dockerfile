ARG BASE
FROM $BASE
# test: arg BASE=busybox
