FROM alpine
RUN --mount=type=cache,target=/c,source=x x
