# hello world
# escape=`
FROM alpine
RUN a \
 b `
