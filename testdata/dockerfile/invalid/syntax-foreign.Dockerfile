# syntax=example.com/front/end:1
FROM alpine
