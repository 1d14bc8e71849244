FROM alpine
ENV $X=1
