FROM alpine
RUN --mount=type=cache,taget=/c x
