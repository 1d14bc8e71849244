# check=skip=CopyIgnoredFile;experimental=CopyIgnoredFile
FROM scratch
COPY a.txt /
