FROM alpine
RUN --network=default a
RUN --network=none a
RUN --network=host a
RUN --security=sandbox a
RUN --security=insecure a
RUN --device=vendor.example/device=one,required --device=class a
RUN --mount=type=tmpfs,target=/t --network=none --security=sandbox ["a", "b"]
