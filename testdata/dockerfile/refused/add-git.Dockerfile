FROM alpine
ADD git@example.com:a/b.git /x
