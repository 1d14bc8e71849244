FROM busybox
ENV A b
ENV B b c d
ENV C=1
LABEL d e
LABEL d=e f="g h"
ENV E = x
