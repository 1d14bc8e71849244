# check=experimental=all
FROM scratch
COPY . /
COPY a* /b/
COPY <<E /c
E
