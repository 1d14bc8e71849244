FROM alpine AS builder
FROM alpine
FROM alpine AS tools
FROM alpine
COPY --from=Not/An/Image /x /
