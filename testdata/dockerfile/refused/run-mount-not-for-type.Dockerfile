FROM alpine
RUN --mount=type=bind,target=/c,sharing=locked x
