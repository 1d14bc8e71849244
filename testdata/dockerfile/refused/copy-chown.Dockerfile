FROM alpine
COPY --chown=${X:?whose} a b
