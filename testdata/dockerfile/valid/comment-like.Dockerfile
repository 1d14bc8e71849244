FROM alpine
RUN echo # no comment
ENV A=b#c
