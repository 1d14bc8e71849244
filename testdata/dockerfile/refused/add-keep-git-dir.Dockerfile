FROM alpine
ADD --keep-git-dir a /x
