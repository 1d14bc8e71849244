# syntax=docker/dockerfile:1.7-labs
# chekc=skip=all
FROM scratch
