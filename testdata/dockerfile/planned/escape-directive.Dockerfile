# escape=`
FROM alpine
RUN echo a `
  b\
ENV A=a` b B="x`"y" C=c\d
ENV D=${A:-`}}
COPY <<E /x
`$A \$A
E
