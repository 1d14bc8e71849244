FROM busybox
ENV A=1 B=$A
ARG C=1 D=$C
