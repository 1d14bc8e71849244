FROM alpine
ENV U=http://example.com
ADD a $U/x /x/
