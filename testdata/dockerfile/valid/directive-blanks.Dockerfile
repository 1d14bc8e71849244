#	  sYnTaX= docker/dockerfile:1-labs
# escape = \
#CHECK =skip=all

FROM alpine
RUN a \
 b
