FROM alpine
ADD --checksum=0123456789 https://example.com/a.git https://example.com/b.git /x/
