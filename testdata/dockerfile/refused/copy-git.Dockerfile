FROM alpine
COPY git@example.com:a/b.git /x
