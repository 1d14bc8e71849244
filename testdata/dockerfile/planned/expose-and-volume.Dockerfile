FROM alpine
ENV P=8080 Q="1 2"
EXPOSE 80 443/tcp 53/UDP 1000-1002 $P $Q 9/sctp 7/
EXPOSE 127.0.0.1:81:82 90:91/udp 80
VOLUME /a "/b" /c\ d $P
VOLUME ["/e f", "$P"]
