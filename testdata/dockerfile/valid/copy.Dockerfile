FROM alpine
COPY a b
COPY --from=0 --chown=1:2 --chmod=755 --link --parents=false --exclude=*.a --exclude=*.b a* b? c/
COPY ["a b", "c\"d", "/e f/"]
ADD --checksum=sha256:00 --keep-git-dir=true --unpack=TRUE a.tar /
ADD ["a", "b"]
COPY --chown="a b" '--chmod=1' x\ y z
