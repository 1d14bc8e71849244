# check=experimental=CopyIgnoredFile
FROM scratch
ARG F=a.txt
COPY $F /
