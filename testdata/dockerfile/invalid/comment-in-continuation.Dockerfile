FROM alpine
COPY a \
 # words

  --from=b
COPY \
 # words
  --form=b c
