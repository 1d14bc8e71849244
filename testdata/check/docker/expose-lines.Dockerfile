FROM busybox
EXPOSE 80/TCP \
  1:2
