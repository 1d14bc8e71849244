FROM alpine
RUN <<EOF
echo a
# no comment \

EOF
RUN <<-'EOF' cat > /x && 3<<"B C" cat
	a
	EOF
$b
B C
COPY <<a.txt <<-b.txt d /e/
$A
a.txt
		x
	b.txt
ADD <<x /y
x
RUN echo <<<x "<<no" '<<no' $((1 << 2)) <<
RUN ["<<EOF"]
COPY ["<<EOF", "/x"]
CMD <<EOF
RUN it's <<EOF
ONBUILD RUN <<EOF
trig
EOF
RUN <<\E\OF
$x
EOF
