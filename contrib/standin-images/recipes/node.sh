# shellcheck shell=bash disable=SC2154
# node:18-alpine: Debian's nodejs and npm, with busybox's commands; npm works offline, from a cache that holds the
# packages of files/node/packages and Debian's esbuild.

npm_port=4873 # part of the cache's keys

recipe_node() {
  need base
  fetch nodejs npm busybox-static
  fetch esbuild
  begin node "$cache/base"
  local root=$scratch/node
  inside "$root" sh -ec 'groupadd -g 1000 node; useradd -u 1000 -g 1000 -m -s /bin/sh node'
  install_in "$root" nodejs npm busybox-static
  "$here/files/base/busybox-links" "$root"
  npm_tarballs "$root/tmp/tarballs"
  cp "$here/files/node/registry.js" "$here/files/node/fill-cache" "$root/tmp/"
  cp -r "$here/files/node/packages" "$root/tmp/packages"
  sed "s/@PORT@/$npm_port/" "$here/files/node/npmrc" >"$root/etc/npmrc"
  inside "$root" unshare -n /tmp/fill-cache /tmp/tarballs "$npm_port" >"$scratch/npm.log" 2>&1 ||
    { cat "$scratch/npm.log" >&2; die "filling npm's cache failed"; }
  rm -rf "$root"/tmp/* "$root"/usr/share/standin/npm-cache/_logs "$root"/root/.npm
  install -m 755 "$here/files/node/docker-entrypoint.sh" "$root/usr/local/bin/docker-entrypoint.sh"
  changes node node
  image "$(jq -n --arg v "$(deb_version nodejs)" '{
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "NODE_VERSION=\($v)"],
      Entrypoint: ["docker-entrypoint.sh"], Cmd: ["node"]}')" \
    'base node' library/node:18-alpine
}

# npm_tarballs OUT: a tarball of each package, the same bytes each time, for lock files name their digests.
npm_tarballs() {
  local folder name
  mkdir -p "$1" "$scratch/npm"
  cp -r "$here"/files/node/packages/* "$scratch/npm/"
  dpkg-deb -x "$(deb esbuild)" "$scratch/esbuild"
  mkdir -p "$scratch/npm/esbuild/bin"
  cp "$scratch/esbuild/usr/bin/esbuild" "$scratch/npm/esbuild/bin/"
  jq -n --arg v "$(deb_version esbuild)" \
    '{name: "esbuild", version: $v, license: "MIT", bin: {esbuild: "bin/esbuild"}}' >"$scratch/npm/esbuild/package.json"
  for folder in "$scratch"/npm/*; do
    name=${folder##*/}
    tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=u=rwX,go=rX --format=ustar \
      --transform "s,^\.,package," -C "$folder" -c . | gzip -n -9 >"$1/$name-$(jq -r .version "$folder/package.json").tgz"
  done
}
