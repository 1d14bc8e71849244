FROM busybox
RUN echo a \
# a comment
  # another
  && echo b
