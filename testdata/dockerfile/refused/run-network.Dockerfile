FROM alpine
RUN --network=bridge x
