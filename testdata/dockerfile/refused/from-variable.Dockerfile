ARG X=a
FROM alpine AS a
FROM alpine
COPY --from=$X /x /
