FROM alpine AS tools
FROM alpine
ENV DIR=lib
WORKDIR /w
RUN --mount=target=. ls
RUN --mount=type=bind,from=tools,source=usr/bin,target=/tools,rw \
    --mount=type=cache,id=pkg,target=/var/cache,sharing=locked,uid=33 ls
RUN --mount=type=cache,target=$DIR/c,from=busybox,source=/bin --mount=type=tmpfs,target=/t,size=2m ls
RUN --mount=type=secret,id=key --mount=type=secret,id=token,env=TOKEN,required \
    --mount=type=ssh --mount=type=ssh,id=other ls
RUN <<E
#!/usr/bin/env x
y
E
