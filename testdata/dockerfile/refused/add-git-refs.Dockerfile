FROM alpine
ADD https://example.com/a.git?branch=a&tag=b /x
