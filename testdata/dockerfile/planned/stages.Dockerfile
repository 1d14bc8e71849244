FROM alpine AS Base
ENV A=1
FROM alpine AS unused
RUN --mount=type=cache,target=/x not needed
FROM base AS build
RUN true b
FROM alpine AS tools
FROM scratch
COPY --from=BUILD /etc/passwd /b/
COPY --from=3 --chown=1:2 /etc/passwd .
COPY --from=127.0.0.1:5000/library/busybox:latest /bin/sh ./
COPY --from=tools /etc ..
