FROM alpine
ADD https://example.com/a.git?subdir=a#main:b /x
