FROM alpine
RUN echo   a "c" \
  # comment
  && echo d
RUN ["echo", "b c", "$X"]
SHELL ["/bin/sh", "-e", "-c"]
RUN echo a | cat
RUN --network=none echo x
RUN --network=default echo y
WORKDIR /w
USER 1000:1000
RUN <<E
echo one $X
echo two
E
RUN <<-'E'
		echo one
	 echo two
	E
USER root
RUN cat <<A > /x && cat <<-B
a
A
	b
	B
RUN <<A cat <<B
x
A
y
B
