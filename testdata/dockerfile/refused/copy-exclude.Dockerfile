FROM alpine
COPY --chown=1 --exclude=*.o a b
