FROM busybox
ENV A=1 B=2
ENV C=$D
