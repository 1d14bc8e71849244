FROM alpine
VOLUME /a $X
