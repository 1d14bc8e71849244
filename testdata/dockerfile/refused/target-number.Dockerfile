FROM alpine AS build
FROM alpine
# test: target 2
