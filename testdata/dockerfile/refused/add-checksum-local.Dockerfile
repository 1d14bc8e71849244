FROM alpine
ADD --checksum=0123456789 a /x
