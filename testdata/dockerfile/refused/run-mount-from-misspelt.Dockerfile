FROM alpine AS build
FROM alpine
RUN --mount=from=Bulid:,target=/c x
