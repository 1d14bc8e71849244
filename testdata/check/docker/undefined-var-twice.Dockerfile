FROM busybox
ENV A=$X B=$X C="$X $X"
COPY $Y $Y /
