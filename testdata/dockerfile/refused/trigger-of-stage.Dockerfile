FROM alpine AS a
ONBUILD RUN --mount=type=cache,target=/x y
FROM a
