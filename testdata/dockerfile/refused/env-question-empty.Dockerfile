FROM alpine
ENV A=
ENV B=${A:?}
