FROM alpine
HEALTHCHECK --retries=many CMD x
