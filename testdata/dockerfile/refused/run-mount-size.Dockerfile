FROM alpine
RUN --mount=type=tmpfs,target=/c,size=1x x
