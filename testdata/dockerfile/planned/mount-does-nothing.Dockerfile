FROM alpine
RUN --mount=type=secret,id=a,ro ls
RUN --mount=type=ssh,rw --mount=type=tmpfs,target=/t,id=a ls
RUN --mount=type=bind,target=/b,env=A ls
