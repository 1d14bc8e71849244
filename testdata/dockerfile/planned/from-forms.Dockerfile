ARG TAG=3.20 STAGE=linux/arm64
FROM alpine
FROM alpine:3.20
FROM alpine@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
FROM alpine:3.20@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
FROM localhost:5000/team/image:$TAG AS one
FROM --platform=linux/arm/v7 alpine:${TAG} AS Two.Three_4-5
FROM --platform=$STAGE one
FROM --platform=windows/amd64 example.com/a/b as six
FROM scratch
COPY --from=0 /a /
COPY --from=1 /a /
COPY --from=2 /a /
COPY --from=3 /a /
COPY --from=two.three_4-5 /a /
COPY --from=6 /a /
COPY --from=six /a /
