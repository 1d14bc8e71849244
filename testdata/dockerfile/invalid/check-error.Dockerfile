# check=error=often
FROM alpine
