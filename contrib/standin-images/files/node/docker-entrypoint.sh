#!/bin/sh
# A first word that is an option, or no command at all, is meant for node.
set -e
if [ "${1#-}" != "$1" ] || ! command -v "$1" >/dev/null; then
  set -- node "$@"
fi
exec "$@"
