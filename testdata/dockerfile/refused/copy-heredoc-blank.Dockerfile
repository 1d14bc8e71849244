FROM alpine
COPY <<"a b" /x
x
a b
