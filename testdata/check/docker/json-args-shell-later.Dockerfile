FROM busybox
CMD echo a
SHELL ["/bin/sh", "-c"]
