FROM alpine
ADD https://example.com/a.git#main:../x /x
