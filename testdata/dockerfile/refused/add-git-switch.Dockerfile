FROM alpine
ADD https://example.com/a.git?keep-git-dir=maybe /x
