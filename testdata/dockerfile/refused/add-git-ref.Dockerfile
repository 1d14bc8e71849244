FROM alpine
ARG R=--x
ADD https://example.com/a.git#$R /x
