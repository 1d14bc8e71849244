FROM alpine
COPY <<../x /x
x
../x
