# check=experimental=CopyIgnoredFile
FROM scratch
COPY dir /d
COPY dir/keep /k
COPY dir/lose /k
