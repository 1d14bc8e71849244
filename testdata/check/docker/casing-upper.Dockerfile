FROM busybox
run echo a
RUN echo b
Env A=1
