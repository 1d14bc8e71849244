FROM alpine
RUN a \
  b
COPY <<E /x
q
E
ENV A="b \
c"
