# check=experimental=CopyIgnoredFile
FROM busybox AS a
FROM scratch
COPY --from=a a.txt /
ADD https://example.invalid/a.txt /
