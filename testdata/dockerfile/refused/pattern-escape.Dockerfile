FROM alpine
ENV P='a\'
ENV B=${P#$P}
