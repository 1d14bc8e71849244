FROM alpine
HEALTHCHECK --start-period=-5s CMD x
