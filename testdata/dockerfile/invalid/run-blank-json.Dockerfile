FROM alpine
RUN [""]
