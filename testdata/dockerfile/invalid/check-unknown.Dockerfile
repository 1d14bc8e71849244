# check=skip=all;foo=1
FROM alpine
