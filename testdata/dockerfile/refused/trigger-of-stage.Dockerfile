FROM alpine AS a
ONBUILD RUN --security=insecure y
FROM a
