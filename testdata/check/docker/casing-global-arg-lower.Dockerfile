ARG A=1
ARG B=1
ARG C=1
from busybox
run echo a
