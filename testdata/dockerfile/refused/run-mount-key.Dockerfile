FROM alpine
RUN --network=none \
    --mount=type=cache,traget=/c x
