FROM alpine
RUN --mount=type=secrets,id=x x
