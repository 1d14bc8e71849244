FROM alpine
COPY <<E /x
a
${X@Y}
E
