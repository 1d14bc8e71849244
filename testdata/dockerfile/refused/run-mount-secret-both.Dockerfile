FROM alpine
RUN --mount=type=secret,id=x,source=y x
