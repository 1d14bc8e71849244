FROM busybox
RUN echo a \

  && echo b
RUN echo c \
  

  # comment

  && echo d
