# esc\
# ape=`
FROM alpine
RUN a \
 b
