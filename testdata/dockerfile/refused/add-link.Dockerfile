FROM alpine
ADD --link a /x
