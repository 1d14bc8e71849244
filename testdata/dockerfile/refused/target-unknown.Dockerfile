FROM alpine AS build
FROM alpine
# test: target biuld
