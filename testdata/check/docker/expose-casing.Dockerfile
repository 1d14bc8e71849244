FROM busybox
EXPOSE 80/TCP 81/udp 82/Udp 83
