FROM busybox
LABEL $K=$V
