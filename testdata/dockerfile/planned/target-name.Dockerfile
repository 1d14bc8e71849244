FROM alpine AS a
RUN true a
FROM a AS b
RUN true b
FROM b AS c
RUN true c
# test: target B
# test: label x=1
# test: label flag
# test: label x=2
