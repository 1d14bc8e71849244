#!/bin/sh
# Run what /docker-entrypoint.d holds, then the command.
set -eu
for script in /docker-entrypoint.d/*.sh; do
  [ ! -x "$script" ] || "$script"
done
exec "$@"
