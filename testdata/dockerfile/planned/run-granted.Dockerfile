FROM alpine
RUN --network=host a
RUN --network=none b
RUN --network=default c
RUN --security=insecure d
RUN --security=sandbox e
