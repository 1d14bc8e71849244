FROM alpine AS a
COPY --from=b x /
FROM alpine AS b
# test: target a
