FROM alpine
ONBUILD RUN echo  a \
  b
onbuild copy --from=x a b
ONBUILD HEALTHCHECK --interval=1s CMD x
