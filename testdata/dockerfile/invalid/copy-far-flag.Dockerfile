FROM alpine
COPY --zzzzzzzzzz a b
