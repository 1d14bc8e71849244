FROM busybox
HEALTHCHECK CMD curl localhost
RUN echo
