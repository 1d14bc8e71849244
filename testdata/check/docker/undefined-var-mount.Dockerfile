FROM busybox
RUN --mount=type=cache,target=/c$X echo
RUN --mount=type=bind,source=$S,target=/s --network=none echo
