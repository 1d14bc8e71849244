FROM alpine
ARG X=x C=sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03
COPY --link --parents --exclude=*.md --exclude=!$X a/./b /d/
COPY --link=false --parents=false --exclude= a /d/
ADD --unpack=false a.tar /d/
ADD --unpack a.tar https://example.com/a.tar /d/
ADD --unpack=true --link a.tar /d/
ADD --checksum=$C --chmod=644 --chown=1:2 https://example.com/$X /d/
ADD --keep-git-dir --exclude=y https://example.com/a.git#$X:y a@b:c ssh://h/x /d/
ADD --checksum=0123456789 --keep-git-dir=false git@example.com:a.git /d
ADD --checksum= a <<E /d/
x
x
E
