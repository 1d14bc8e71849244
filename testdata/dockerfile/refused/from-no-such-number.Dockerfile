FROM alpine AS one
FROM alpine
COPY --from=7 x /
