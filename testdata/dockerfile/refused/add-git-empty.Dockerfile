FROM alpine
ADD https://example.com/a.git?ref= /x
