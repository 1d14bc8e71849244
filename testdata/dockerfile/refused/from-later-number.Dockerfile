FROM alpine
COPY \
  --from=1 x /
FROM alpine
# test: target 0
