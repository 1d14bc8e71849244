FROM alpine
COPY --from= /x /
