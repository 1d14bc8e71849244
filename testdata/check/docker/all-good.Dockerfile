FROM busybox AS base
WORKDIR /srv
COPY a b /srv/
ENV A=1
CMD ["sh"]
