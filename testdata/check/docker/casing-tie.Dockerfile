FROM busybox
run echo a
