FROM alpine AS a
COPY --from=A x /
