FROM alpine
EXPOSE 80 443/tcp   5000-5010/udp $P
VOLUME /a "/b"  /c\ d
VOLUME ["/a b", "/c"]
USER  app:app 
WORKDIR  /a b/c 
STOPSIGNAL SIGINT
MAINTAINER A. N. Other <a@example.com>
