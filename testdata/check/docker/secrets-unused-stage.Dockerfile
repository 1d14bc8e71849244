FROM scratch AS a
ENV TOKEN=abc
FROM scratch
ENV KEY=x
# test: target a
