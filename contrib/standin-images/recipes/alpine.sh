# shellcheck shell=bash disable=SC2154
# alpine:latest: Debian's static busybox, and an apk that installs from a folder of packages: ca-certificates and tzdata
# made of Debian's, ffmpeg a small script of our own (Debian's would bring 230 packages).

recipe_alpine() {
  need base # its bundle of certificates
  fetch busybox-static tzdata
  local root=$scratch/alpine
  mkdir -p "$root"/{bin,dev,etc,home,lib/apk/db,media,mnt,opt,proc,root,run,sbin,srv,sys,tmp,usr/bin,usr/sbin,usr/share,var}
  chmod 1777 "$root/tmp"
  chmod 700 "$root/root"
  dpkg-deb -x "$(deb busybox-static)" "$scratch/busybox"
  install -m 755 "$scratch/busybox/bin/busybox" "$root/bin/busybox"
  "$here/files/base/busybox-links" "$root"
  cp "$here"/files/alpine/etc/* "$root/etc/"
  install -m 755 "$here/files/alpine/apk" "$root/sbin/apk"
  alpine_packages "$root/usr/share/standin/apk"
  all_layer alpine "$root"
  image '{"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["/bin/sh"]}' \
    alpine library/alpine:latest
}

alpine_packages() { # FOLDER
  local tree=$scratch/apk
  mkdir -p "$1" "$tree"/ca-certificates/etc/ssl/certs "$tree"/tzdata "$tree"/ffmpeg/usr/bin
  cp "$cache/base/etc/ssl/certs/ca-certificates.crt" "$tree/ca-certificates/etc/ssl/certs/"
  dpkg-deb -x "$(deb tzdata)" "$tree/tzdata"
  rm -rf "$tree"/tzdata/usr/share/{doc,lintian} "$tree"/tzdata/usr/sbin
  install -m 755 "$here/files/alpine/ffmpeg" "$tree/ffmpeg/usr/bin/ffmpeg"
  pack_apk "$1" ca-certificates "$(dpkg-deb -f "$(deb ca-certificates)" Version)"
  pack_apk "$1" tzdata "$(deb_version tzdata)"
  pack_apk "$1" ffmpeg 0.1
}

pack_apk() { # FOLDER NAME VERSION
  local parts
  mapfile -t parts < <(cd "$scratch/apk/$2" && find . -mindepth 1 -maxdepth 1 -not -name .PKGINFO -printf '%P\n' | sort)
  printf 'pkgname = %s\npkgver = %s\n' "$2" "$3" >"$scratch/apk/$2/.PKGINFO"
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$scratch/apk/$2" \
    -c .PKGINFO "${parts[@]}" |
    gzip -n -9 >"$1/$2-$3.apk"
}
