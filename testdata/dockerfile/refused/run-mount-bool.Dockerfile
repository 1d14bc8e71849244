FROM alpine
RUN --mount=type=cache,target=/c,ro=maybe x
