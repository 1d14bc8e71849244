FROM alpine
COPY << E /f
x
E
