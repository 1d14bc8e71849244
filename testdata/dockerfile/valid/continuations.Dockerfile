FROM alpine
RUN a && \
    # words \
    b && \


  \
    c \   
    && d\\
RUN \
  e
RUN f \
