FROM scratch
WORKDIR .
