# shellcheck shell=bash disable=SC2154
# golang:1.21-alpine: Debian's golang-go with busybox's commands, a module proxy in the file system with the modules of
# files/golang/modules, and the standard library compiled in the build cache (without it each build takes half a minute).

recipe_golang() {
  need base
  fetch golang-go busybox-static
  begin golang "$cache/base"
  local root=$scratch/golang
  install_in "$root" golang-go busybox-static
  "$here/files/base/busybox-links" "$root"
  cp -r "$here/files/golang" "$root/tmp/golang"
  ln -s ../lib/go "$root/usr/local/go"
  mkdir -p "$root/go/bin" "$root/go/src" "$root/root/.config/go"
  chmod 1777 "$root/go" "$root/go/bin" "$root/go/src"
  cp "$here/files/golang/env" "$root/root/.config/go/env"
  inside "$root" sh -ec '
    export GO111MODULE=off CGO_ENABLED=0 GOOS=linux
    go run /tmp/golang/mkproxy.go /tmp/golang/modules /usr/share/standin/goproxy
    go build -o /dev/null /tmp/golang/warm/main.go' || die "go does not build"
  rm -rf "$root"/tmp/*
  changes golang golang
  image "$(jq -n --arg v "$(deb_version "golang-$(deb_version golang-go)-go")" '{
      Env: ["PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "GOLANG_VERSION=\($v)", "GOTOOLCHAIN=local", "GOPATH=/go"],
      WorkingDir: "/go"}')" \
    'base golang' library/golang:1.21-alpine
}
