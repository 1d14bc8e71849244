from busybox
run echo a
RUN echo b
label A=1
Env x=1
