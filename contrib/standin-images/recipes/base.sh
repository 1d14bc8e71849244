# shellcheck shell=bash disable=SC2154
# The layer that python, node, nginx and golang stand on: Debian's essential packages, apt and certificates.

recipe_base() {
  fetch '?essential' apt ca-certificates
  rm -rf "$cache/base"
  mkdir -p "$cache/base"
  say "making the common layer"
  mmdebstrap -q --mode=root --variant=apt --include=ca-certificates --format=directory \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt=force-unsafe-io \
    stable "$cache/base" "deb [trusted=yes] copy:$cache/pool ./" >"$scratch/mmdebstrap.log" 2>&1 ||
    { tail -n 30 "$scratch/mmdebstrap.log" >&2; die "mmdebstrap failed"; }
  rm -f "$cache"/base/etc/apt/sources.list "$cache"/base/etc/apt/sources.list.d/*
  rm -rf "$cache"/base/dev "$cache"/base/etc/resolv.conf "$cache"/base/etc/hostname
  mkdir -m 755 "$cache/base/dev"
  tidy "$cache/base"
  all_layer base "$cache/base"
}
