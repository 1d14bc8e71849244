FROM alpine
ENV D=/dir N="a b" O=7
COPY a .
COPY a b c/
COPY . ./
COPY "$N" a\ b $D/
COPY ["$N", "x y", "/p q/"]
COPY $NONE dest
WORKDIR /work/dir
COPY a .
COPY a ./
COPY a ..
COPY a ../x/./y/
COPY a /../../z
COPY a $D
COPY --chown=$O:$N --chmod=${O}55 a* b?c [x]/ d
COPY --chown= --chmod= a b
ADD a.tar.gz b /x/
COPY <<one <<"two" <<-three c /h/
$D "$N" \$D \n
one
$D
two
		x $O
three
COPY <<E /crlf
E
