FROM alpine AS Builder
FROM alpine AS tools
FROM alpine
COPY --from=Bulider /x /
