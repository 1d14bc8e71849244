FROM alpine
ARG $X
