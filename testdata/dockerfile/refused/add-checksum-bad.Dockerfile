FROM alpine
ADD --checksum=sha256:00 https://example.com/a /x
