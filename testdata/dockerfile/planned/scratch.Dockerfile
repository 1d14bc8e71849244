FROM scratch
COPY a b
WORKDIR x
