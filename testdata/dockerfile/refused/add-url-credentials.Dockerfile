FROM alpine
ADD https://me:secret@example.com/a /x
