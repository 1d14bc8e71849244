FROM alpine
ADD http://example.com/file /
ADD https://example.com/dir/file?x=1 /d/
ADD https://example.com/file /name
ADD git@example.com:user/repo.git /g
ADD https://example.com/repo.git#v0.14.1:docs /g
ADD https://example.com/repo.git#:docs /g
ADD git://example.com/repo /g
ADD ssh://git@example.com:2222/user/repo.git#main /g
ADD https://example.com/repo.git?branch=main&subdir=docs /g
ADD https://example.com/repo.git?tag=v1&checksum=0123456789&keep-git-dir=1&submodules=false /g
ADD https://example.com/repo.git?ref=refs/heads/x&commit=0123456 /g
ADD --checksum=be1f38e --keep-git-dir=true https://example.com/repo.git /g
ADD a.tar https://example.com/b.tar /d/
