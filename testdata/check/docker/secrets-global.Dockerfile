ARG TOKEN=1
FROM scratch
LABEL token=1
RUN --mount=type=secret,id=token,env=TOKEN x
