FROM busybox
RUN <<E

echo a \

  b
E
COPY <<F /f

\

F
