# test: arg http_proxy=http://low
# test: arg HTTPS_PROXY=http://up
# test: arg NO_PROXY=none
FROM alpine
ARG NO_PROXY
ENV https_proxy=mine
RUN true x
