arg A=1
FROM busybox
RUN echo a
