ARG G=glob
FROM busybox AS b
ARG A=1 B=$A
ARG G
ARG N
ENV A=env
ENV C=3 D="x $C" E='$C' F=a\ b
ENV old one two  three
LABEL a=b "c d"="e $C" f='$C' multi.label="x\
y"
MAINTAINER Some One <a@b>
USER nobody
WORKDIR rel
WORKDIR /
WORKDIR sub/$C
USER root
EXPOSE 80 443/tcp 53/UDP 1000-1003 $C
VOLUME /data $C
VOLUME ["/j son", "/k"]
STOPSIGNAL ${S:-9}
SHELL ["/bin/sh", "-e", "-c"]
RUN echo "$A $B $G" && \
    # comment

    echo x
RUN ["echo", "a b", "$A"]
RUN <<EOT
echo hi
echo $A
EOT
RUN cat <<-EOT > /f
	tab
	EOT
COPY Dockerfile /x/ 
COPY --chown=1:2 --chmod=600 Dockerfile Dockerfile2 /y/
COPY <<EOT <<"EOU" /z/
$A \$A "quoted" 'single' \n
EOT
$A
EOU
ADD Dockerfile dest
HEALTHCHECK --interval=5s --timeout=1m30s --start-period=1h --retries=3 CMD curl  -f   http://x || exit 1
CMD echo  "$A"
ENTRYPOINT ["a", "b"]
ONBUILD RUN  echo   x
ONBUILD COPY . /src
ARG A=after
RUN echo "A=$A"; env; pwd
