FROM alpine
WORKDIR 'a
