FROM alpine
ENV A="${TOKEN:?build with --build-arg TOKEN}"
