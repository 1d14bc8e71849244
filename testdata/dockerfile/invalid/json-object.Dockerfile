FROM alpine
ENTRYPOINT [{"a": [true, null, -1.5e3]}]
