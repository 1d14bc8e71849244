FROM alpine
ARG A="a b"
ARG B=$A\ c "C"=d 'E F'=g
ENV D=$B
CMD $A
