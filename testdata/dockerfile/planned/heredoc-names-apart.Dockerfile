FROM alpine
RUN << E
a $x
E
RUN cat <<  'E F' >/f 3<< G
b $x
E F
c
G
RUN << S
#!/bin/sh
d
S
RUN cat << \
  # comment
  E
e
E
RUN echo "1 << 2" a<< 2 <<- 3 $((1 << 2)) <<
ONBUILD RUN cat << E
f
E
WORKDIR /w//
WORKDIR $none
