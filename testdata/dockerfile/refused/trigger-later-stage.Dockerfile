FROM alpine AS a
ONBUILD COPY --from=c x /
FROM a AS b
FROM alpine AS c
# test: target b
