FROM alpine
RUN --mount=type=cache,target=/x --mount="type=tmpfs,target=/a b" --network=none \
  echo "a  b"   $X
RUN ["echo", "a b", "\u00e9\ud83d\ude00\n\/"]
RUN [ "echo", 'x' ]
RUN [ -f /x ] && echo y
RUN -- --flag
RUN ["a",]
RUN ["a"] x
