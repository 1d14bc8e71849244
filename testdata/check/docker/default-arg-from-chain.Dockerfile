ARG A
ARG B=busybox:$A
FROM $B
# test: arg A=latest
