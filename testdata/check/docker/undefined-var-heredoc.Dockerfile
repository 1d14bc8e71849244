FROM busybox
COPY <<A /a
$X ${Y:-1} '$Z'
A
COPY <<"B" /b
$X
B
RUN <<C
echo $X
C
