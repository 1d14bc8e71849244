FROM alpine AS tools
FROM alpine
RUN --mount=type=bind,source=a,target=/a --mount=src=b,dst=/b --mount=destination=/c ls
RUN --mount=type=bind,target=/a,rw --mount=target=/b,readwrite --mount=target=/c,rw=true --mount=target=/d,readwrite=false ls
RUN --mount=type=bind,target=/a,ro --mount=target=/b,readonly --mount=target=/c,ro=false ls
RUN --mount=type=bind,from=tools,target=/a --mount=from=0,target=/b --mount=from=busybox:1,target=/c,source=/bin ls
RUN --mount=type=cache,target=/a --mount=type=cache,dst=/b,id=one --mount=type=cache,destination=/c,ro --mount=type=cache,target=/d,readonly ls
RUN --mount=type=cache,target=/a,sharing=shared --mount=type=cache,target=/b,sharing=private --mount=type=cache,target=/c,sharing=locked ls
RUN --mount=type=cache,target=/a,from=tools,source=/etc --mount=type=cache,target=/b,mode=0700,uid=1,gid=2 ls
RUN --mount=type=tmpfs,target=/a --mount=type=tmpfs,dst=/b,size=1024 --mount=type=tmpfs,destination=/c,size=16k --mount=type=tmpfs,target=/d,size=1g ls
RUN --mount=type=secret,id=a --mount=type=secret,target=/x/b --mount=type=secret,id=c,dst=/c --mount=type=secret,id=d,destination=/d ls
RUN --mount=type=secret,id=a,env=A --mount=type=secret,id=b,env=B,target=/b --mount=type=secret,id=c,required --mount=type=secret,id=d,required=false ls
RUN --mount=type=secret,id=a,mode=0440,uid=1,gid=2 --mount=type=secret,source=b,target=/b --mount=type=secret,src=c,target=/c ls
RUN --mount=type=ssh --mount=type=ssh,id=one,target=/a --mount=type=ssh,dst=/b,required=true --mount=type=ssh,destination=/c,mode=0660,uid=1,gid=2 ls
RUN --mount="type=cache,\"target=/a,b\"" --mount=TYPE=cache,Target=/c ls
