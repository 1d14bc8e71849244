FROM alpine
COPY --from=UPPER /x /
