# check=skip=all;experimental=CopyIgnoredFile
FROM scratch
COPY a.txt /
copy b /
