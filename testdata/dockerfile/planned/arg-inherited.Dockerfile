FROM alpine AS base
ARG A=1
ARG B
ENV E=$A
ARG E=arg
FROM base AS next
ENV X=$A-$B-$E
RUN env
ARG A
ARG B=2
RUN true
FROM next
ARG C=$A$B
RUN true last
