ARG A=$NOPE
ARG B=busybox$A
FROM $B
