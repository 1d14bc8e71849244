FROM alpine AS tool
FROM alpine AS base
ONBUILD ARG V=1
ONBUILD RUN <<E
 echo $V
E
ONBUILD COPY --from=tool /etc/passwd b
ONBUILD ENV DONE=$V
FROM base
RUN echo $DONE
FROM alpine
COPY --from=2 /etc y
