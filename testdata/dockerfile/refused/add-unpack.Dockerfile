FROM alpine
ADD --unpack=false a /x
