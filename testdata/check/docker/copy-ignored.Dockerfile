# check=experimental=CopyIgnoredFile
FROM scratch
COPY a.txt b.txt /
ADD a.txt /x
COPY dir/file /
COPY ./a.txt /y
COPY /a.txt /z
