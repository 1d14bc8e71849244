# shellcheck shell=bash disable=SC2154
# What the recipes are made of. Sourced by make, which runs as root (of the machine or of a user namespace) and has set
#   here     the folder of these scripts
#   cache    where packages, layers and the registry's storage are kept between runs
#   scratch  a folder that goes away at the end
# Each recipe defines recipe_NAME; it leaves layers by `layer` and an image by `image`.

say() { echo "standin-images: $*" >&2; }
die() { say "$*"; exit 1; }

# --- packages ----------------------------------------------------------------------------------------------------

# The machine's own apt, with its sources, keys and proxies, but with a state of its own in which nothing is installed.
host_apt() {
  apt-get -qq -o Dir::State="$cache/apt" -o Dir::State::status="$cache/apt/status" \
    -o Dir::Cache="$cache/apt/cache" -o Dir::Cache::archives="$cache/pool" \
    -o APT::Sandbox::User=root -o APT::Install-Recommends=false -o APT::Keep-Downloaded-Packages=true "$@"
}

fetched=
# fetch PACKAGE…: the packages and what they depend on come into the pool.
fetch() {
  mkdir -p "$cache"/apt/lists/partial "$cache"/apt/cache "$cache"/pool/partial
  : >"$cache/apt/status"
  [ -n "$fetched" ] || { host_apt update || die "apt-get update failed"; fetched=yes; }
  say "fetching: $*"
  host_apt install --yes --download-only "$@" || die "apt can't get: $*"
  index_pool
}

# closure PACKAGE…: the names of the packages and of all that they depend on.
closure() {
  host_apt install --simulate "$@" | awk '$1 == "Inst" { print $2 }' | sort -u
}

# deb NAME: the newest file of a package in the pool.
deb() {
  local found
  found=$(find "$cache/pool" -maxdepth 1 -name "$1_*.deb" | sort -V | tail -n 1)
  [ -n "$found" ] || die "the pool has no package $1"
  echo "$found"
}

stanza() { # FILE.deb: its entry in an index of packages
  dpkg-deb -f "$1"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${1##*/}" "$(stat -c %s "$1")" "$(sha256sum "$1" | cut -d' ' -f1)"
}

index_pool() {
  local file
  mkdir -p "$cache/pool/.index"
  for file in "$cache"/pool/*.deb; do
    [ -s "$cache/pool/.index/${file##*/}" ] || stanza "$file" >"$cache/pool/.index/${file##*/}"
  done
  (cd "$cache/pool/.index" && find . -type f -print0 | sort -z | xargs -0 cat) >"$cache/pool/Packages"
}

# --- root file systems ---------------------------------------------------------------------------------------------

# inside ROOT COMMAND…: run a command in a root file system, with a /proc, a small /dev and the pool at /mnt/pool.
# /dev is not sticky: in a sticky folder the kernel refuses open(O_CREAT) of a node whose owner is not mapped.
inside() {
  # shellcheck disable=SC2016
  unshare -m --propagation private -- sh -ec '
    root=$0 pool=$1; shift
    mount -t proc none "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
    mount -t tmpfs -o mode=755 none "$root/dev"
    for node in null zero full random urandom; do : >"$root/dev/$node"; mount --bind "/dev/$node" "$root/dev/$node"; done
    ln -s /proc/self/fd "$root/dev/fd"
    mount -t tmpfs none "$root/mnt"; mkdir "$root/mnt/pool"; mount --bind "$pool" "$root/mnt/pool"
    exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
      DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"' "$1" "$cache/pool" "${@:2}" </dev/null
}

# install_in ROOT PACKAGE…: from the pool alone.
install_in() {
  local root=$1; shift
  say "installing: $*"
  mkdir -p "$root/etc/apt/sources.list.d"
  echo 'deb [trusted=yes] file:/mnt/pool ./' >"$root/etc/apt/sources.list.d/pool.list"
  inside "$root" apt-get -qq -o APT::Sandbox::User=root update >/dev/null
  inside "$root" apt-get -qq -o APT::Sandbox::User=root -o APT::Install-Recommends=false install --yes "$@" \
    >"$scratch/install.log" 2>&1 || { tail -n 30 "$scratch/install.log" >&2; die "installing failed: $*"; }
  rm "$root/etc/apt/sources.list.d/pool.list"
}

tidy() { # ROOT: what a package manager leaves behind and no image has
  find "$1"/var/lib/apt/lists "$1"/var/cache/apt "$1"/var/log "$1"/tmp "$1"/run -mindepth 1 -not -type d -delete
  rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/ldconfig/* "$1"/root/.cache/pip
}

listing() { (cd "$1" && find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort); }

# begin NAME FROM: a copy of the root file system FROM at $scratch/NAME, whose later changes `changes` finds.
begin() {
  cp -a --reflink=auto "$2" "$scratch/$1"
  listing "$scratch/$1" >"$scratch/$1.before"
  touch "$scratch/$1.stamp"
  sleep 0.1 # the status times of what changes from now on are later than the stamp's
}

# changes NAME LAYER: what was added, changed and taken away since `begin` becomes a layer.
changes() {
  local root=$scratch/$1 gone
  tidy "$root"
  listing "$root" >"$scratch/$1.after"
  gone=$(LC_ALL=C comm -23 "$scratch/$1.before" "$scratch/$1.after")
  mkdir "$scratch/$1.gone"
  while IFS= read -r path; do
    [ -z "$path" ] || [ ! -d "$root/$(dirname "$path")" ] || whiteout "$scratch/$1.gone" "$path"
  done <<<"$gone"
  (cd "$root" && find . -mindepth 1 -cnewer "$scratch/$1.stamp" -printf '%P\n' | LC_ALL=C sort) >"$scratch/$1.list"
  layer "$2" "$root" "$scratch/$1.list" "$scratch/$1.gone"
}

whiteout() { # FOLDER PATH
  mkdir -p "$1/$(dirname "$2")"
  : >"$1/$(dirname "$2")/.wh.${2##*/}"
}

# --- layers and images -----------------------------------------------------------------------------------------------

compressor() { if command -v pigz >/dev/null; then pigz -n -6; else gzip -n -6; fi; }

# layer NAME ROOT LIST [WHITEOUTS]: the listed paths below ROOT as a compressed layer in the cache.
layer() {
  local pack=(tar --numeric-owner --format=posix '--pax-option=delete=atime,delete=ctime' --xattrs
    '--xattrs-include=security.capability') out=$cache/layers/$1
  mkdir -p "$cache/layers"
  "${pack[@]}" -C "$2" --no-recursion --verbatim-files-from -T "$3" -cf "$scratch/layer.tar"
  if [ -n "${4:-}" ] && [ -n "$(find "$4" -type f -print -quit)" ]; then
    (cd "$4" && find . -type f -printf '%P\n' | LC_ALL=C sort) >"$scratch/layer.gone"
    "${pack[@]}" -C "$4" -T "$scratch/layer.gone" -rf "$scratch/layer.tar"
  fi
  compressor <"$scratch/layer.tar" >"$out.tar.gz"
  jq -n --arg diff "sha256:$(sha256sum <"$scratch/layer.tar" | cut -d' ' -f1)" \
    --arg blob "sha256:$(sha256sum <"$out.tar.gz" | cut -d' ' -f1)" --argjson size "$(stat -c %s "$out.tar.gz")" \
    '{diff: $diff, blob: $blob, size: $size}' >"$out.json"
  rm "$scratch/layer.tar"
}

all_layer() { # NAME ROOT: a whole root file system as a layer
  listing "$2" >"$scratch/$1.list"
  layer "$1" "$2" "$scratch/$1.list"
}

machine() {
  case $(dpkg --print-architecture) in
    arm64) echo '{"architecture": "arm64", "os": "linux", "variant": "v8"}' ;;
    armhf) echo '{"architecture": "arm", "os": "linux", "variant": "v7"}' ;;
    i386) echo '{"architecture": "386", "os": "linux"}' ;;
    ppc64el) echo '{"architecture": "ppc64le", "os": "linux"}' ;;
    *) jq -n --arg a "$(dpkg --print-architecture)" '{architecture: $a, os: "linux"}' ;;
  esac
}

put() { # LAYOUT: stdin becomes a blob of the layout; its digest and size are printed
  local file=$1/blobs/sha256/new sum
  cat >"$file"
  sum=$(sha256sum <"$file" | cut -d' ' -f1)
  mv "$file" "$1/blobs/sha256/$sum"
  echo "sha256:$sum $(stat -c %s "$1/blobs/sha256/$sum")"
}

# image CONFIG LAYERS REFERENCE…: CONFIG is the JSON of the image's `config`, LAYERS are names, lowest first. What is
# published is an index with one manifest, as public registries have it.
image() {
  local config=$1 names=$2 layout=$scratch/layout digest size meta='[]' name ref
  shift 2
  rm -rf "$layout"
  mkdir -p "$layout/blobs/sha256"
  for name in $names; do
    meta=$(jq --slurpfile l "$cache/layers/$name.json" --arg n "$name" '. + [$l[0] + {name: $n}]' <<<"$meta")
    digest=$(jq -r .blob "$cache/layers/$name.json")
    ln "$cache/layers/$name.tar.gz" "$layout/blobs/sha256/${digest#sha256:}"
  done
  read -r digest size < <(jq -c --argjson c "$config" --argjson m "$(machine)" \
    '$m + {created: "2025-01-01T00:00:00Z", config: $c, rootfs: {type: "layers", diff_ids: map(.diff)},
           history: map({created: "2025-01-01T00:00:00Z", created_by: ("standin-images " + .name)})}' <<<"$meta" | put "$layout")
  read -r digest size < <(jq -nc --arg d "$digest" --argjson s "$size" --argjson l "$meta" \
    '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $d, size: $s},
      layers: ($l | map({mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: .blob, size: .size}))}' | put "$layout")
  read -r digest size < <(jq -nc --arg d "$digest" --argjson s "$size" --argjson m "$(machine)" \
    '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $d, size: $s, platform: $m}]}' | put "$layout")
  echo '{"imageLayoutVersion": "1.0.0"}' >"$layout/oci-layout"
  jq -nc --arg d "$digest" --argjson s "$size" \
    '{schemaVersion: 2, manifests: [{mediaType: "application/vnd.oci.image.index.v1+json", digest: $d, size: $s,
      annotations: {"org.opencontainers.image.ref.name": "image"}}]}' >"$layout/index.json"
  for ref in "$@"; do
    skopeo --insecure-policy copy -q --all --dest-tls-verify=false "oci:$layout:image" "docker://$registry/$ref"
    say "made $ref"
  done
}

# deb_version NAME: the upstream part of a package's version.
deb_version() { dpkg-deb -f "$(deb "$1")" Version | sed 's/^[0-9]*://; s/-[^-]*$//; s/[+~].*//'; }
