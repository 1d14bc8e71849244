# syntax=docker/dockerfile:1
# check=skip=JSONArgsRecommended;error=false

ARG BASE=docker.io/library/debian:trixie-slim
ARG GO_VERSION=1.25
FROM --platform=$BUILDPLATFORM golang:${GO_VERSION}-alpine AS xx
ARG TARGETOS TARGETARCH TARGETVARIANT
WORKDIR /src
RUN --mount=type=cache,target=/root/.cache/go-build,id=go-$TARGETARCH,sharing=locked \
    --mount=type=bind,target=.,rw \
    --mount=type=tmpfs,target=/tmp,size=64m <<EOT
  set -e
  case "$TARGETOS/$TARGETARCH" in
    linux/amd64) echo "a\b" ;;
  esac
# no comment of the Dockerfile's
  GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /out/app ./cmd/${APP:-app}

  echo 'done'
EOT

FROM ${BASE} AS runtime
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN <<'EOF' bash -s "$0" && cat <<-MORE >/etc/more
echo "$1"
EOF
	tabs go $HOME
		both
	MORE
COPY <<-"EOF" <<conf /etc/app/
	[main]
	  key = $VALUE
EOF
listen = ${PORT:-8080}
path = \$PATH
quote = "it's"
conf
COPY --chmod=0755 <<EOF /usr/local/bin/run
#!/bin/sh
exec "\$@"
EOF
RUN <<run.py
#!/usr/bin/env python3
print("hello")
run.py
COPY --from=xx --chown=65532:65532 /out/app /app
USER 65532:65532
HEALTHCHECK --interval=30s --timeout=3s --start-period=1m30s --retries=3 \
  CMD curl -f http://localhost:${PORT:-8080}/ || exit 1
ENTRYPOINT exec /app
