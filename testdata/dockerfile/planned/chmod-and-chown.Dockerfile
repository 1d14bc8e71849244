FROM alpine
ARG MODE=440 OWNER=55
COPY --chmod=755 a /d/
COPY --chmod=0644 a /d/
COPY --chmod=$MODE . .
COPY --chmod=+x a /d/
COPY --chmod=u=rwX,go=rX . /d/
COPY --chmod=g=u a /d/
ADD --chmod=a-w a /d/
COPY --chown=$OWNER:mygroup files* /d/
COPY --chown=bin files* /d/
COPY --chown=1 files* /d/
COPY --chown=10:11 files* /d/
COPY --chown=:staff files* /d/
ADD --chown=myuser:mygroup --chmod=644 files* /d/
COPY --link --chown=1:1 a /d/
