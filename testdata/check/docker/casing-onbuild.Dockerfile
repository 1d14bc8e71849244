FROM busybox
ONBUILD run echo a
onbuild RUN echo b
RUN echo
