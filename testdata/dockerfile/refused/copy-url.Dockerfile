FROM alpine
ARG U=https://example.com
COPY $U/a /x
