FROM alpine
RUN --mount=type=secret,id=x,mode=rw x
