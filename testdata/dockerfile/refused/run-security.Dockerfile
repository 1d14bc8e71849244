FROM alpine
RUN --security=insecure x
