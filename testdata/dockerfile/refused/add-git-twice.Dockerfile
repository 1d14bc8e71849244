FROM alpine
ADD https://example.com/a.git?ref=a&ref=a /x
