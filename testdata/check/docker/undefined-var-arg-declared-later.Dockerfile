FROM busybox
ENV A=$B
ARG B=1
