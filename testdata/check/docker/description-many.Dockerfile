# check=experimental=InvalidDefinitionDescription
FROM scratch
# foo good
# other line
ARG foo=bar
# other line
# foo good
ARG foo=bar
#foo glued
ARG foo
  # foo indented
ARG foo
# foo
ARG foo
# bad

ARG foo
# bad
#
ARG foo
