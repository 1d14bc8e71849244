# test: arg B=given
FROM alpine
ARG A=arg
ENV A=env
RUN true one
ARG A=later B C=$A
RUN true two
ENV C=env
ARG B=$A
RUN ["echo", "three", "$A"]
