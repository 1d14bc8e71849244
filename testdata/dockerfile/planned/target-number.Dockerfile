FROM alpine AS a
RUN true a
FROM alpine
RUN true b
# test: target 0
