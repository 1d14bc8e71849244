FROM alpine
ADD https://example.com/a.git?checksum=main /x
