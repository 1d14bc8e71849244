# test: arg A=given
# test: arg UNUSED=1
# test: arg HIDDEN=x
ARG A=global
ARG B=$A-b C=c$B
ARG D
ARG F=f G=$F
FROM alpine:$C AS one
ARG HIDDEN
ENV X="$A/$B/$C"
FROM alpine
ARG A B
ARG B
ARG C=own D E=$C$E G
ARG E=again
ENV X="$A/$B/$C/$D/$E/$F/$G"
RUN true x
