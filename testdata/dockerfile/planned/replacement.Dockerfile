FROM alpine
ENV foo=/bar empty= glob=foobarbaz stars=a*b?c
# Each form, for a variable that is set, empty and not there.
ENV a=$foo b=${foo}_x c=\$foo d=\${foo} e='$foo' f="$foo" g=$none h=${none}
ENV a=${foo:-w} b=${empty:-w} c=${none:-w} d=${none:-$foo} e=${none:-}
ENV a=${foo-w} b=${empty-w} c=${none-w}
ENV a=${foo:+w} b=${empty:+w} c=${none:+w}
ENV a=${foo+w} b=${empty+w} c=${none+w}
ENV a=${foo:?w} b=${empty?w} c=${foo?w}
ENV a=${glob#f*b} b=${glob##f*b} c=${glob%b*} d=${glob%%b*} e=${glob#x}
ENV a=${glob/ba/fo} b=${glob//ba/fo} c=${glob/b?/$foo} d=${glob//ba/} e=${glob/x/y}
ENV a=${stars/\*/x} b=${stars/\?/x} c=${stars%%\?*}
# One value for the whole instruction.
ENV abc=hello
ENV abc=bye def=$abc
ENV ghi=$abc
ENV ONE TWO= THREE=$abc
# Each instruction that takes variables, and those that leave them to the shell.
ADD $foo ${foo}/
ARG port=80
COPY \$foo $foo /quux/
EXPOSE $port/udp
LABEL "a$abc"=$abc b='$abc'
STOPSIGNAL ${none:-SIGINT}
USER ${abc}:$port
VOLUME $foo
WORKDIR ${foo}
ONBUILD WORKDIR $foo
RUN echo $abc
CMD echo $abc
ENTRYPOINT ["$abc"]
HEALTHCHECK CMD echo $abc
