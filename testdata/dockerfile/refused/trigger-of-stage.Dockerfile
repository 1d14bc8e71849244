FROM alpine AS a
ONBUILD RUN --device=x y
FROM a
