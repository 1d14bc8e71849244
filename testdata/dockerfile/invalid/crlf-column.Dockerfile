FROM alpine
RUN a \
  b
 COPPY x y
