FROM alpine
CMD ["a\u0000b"]
