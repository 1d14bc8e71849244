FROM alpine
WORKDIR "/a
