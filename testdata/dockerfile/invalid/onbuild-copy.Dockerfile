FROM alpine
ONBUILD COPY --form=a b c
