FROM alpine
HEALTHCHECK --timeout=999us CMD x
