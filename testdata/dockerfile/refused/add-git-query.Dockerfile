FROM alpine
ADD https://example.com/a.git?nope=1 /x
