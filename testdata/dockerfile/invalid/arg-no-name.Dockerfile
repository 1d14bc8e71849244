FROM alpine
ARG A B=1 =x
