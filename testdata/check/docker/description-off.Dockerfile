# bad comment
ARG foo=bar
FROM scratch
