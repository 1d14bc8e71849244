FROM busybox
CMD echo a \
  b \
  c
ENV A \
  b
HEALTHCHECK NONE
HEALTHCHECK \
  NONE
