FROM alpine
COPY <<-E /x
	ok
	q ${X@Y}
	E
