FROM alpine
RUN --device=gpu x
