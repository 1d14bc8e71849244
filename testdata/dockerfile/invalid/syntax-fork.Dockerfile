#syntax = docker/dockerfile-fork
FROM alpine
