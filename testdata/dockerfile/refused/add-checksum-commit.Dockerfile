FROM alpine
ADD --checksum=main https://example.com/a.git /x
