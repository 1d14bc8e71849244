FROM alpine
RUN --mount=type=bind,from=$x,target=/c x
