# syntax = docker.io/docker/dockerfile:1.7
#escape=`
# check=skip=A,B;error=true;experimental=all
FROM alpine
RUN a `
  b\
