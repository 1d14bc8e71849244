FROM alpine
ADD --exclude=a a /x
