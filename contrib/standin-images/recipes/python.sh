# shellcheck shell=bash disable=SC2154
# python:3.10-slim, 3.11-slim, 3.12.9-slim: Debian's python3 with pip, a folder of wheels (made of Debian's python3-*
# packages) as pip's index, and a folder of packages as apt's only source.

python_wheels=(python3-fastapi python3-uvicorn python3-uvloop python3-httptools python3-dotenv python3-sqlalchemy
  python3-pymysql python3-mysqldb python3-redis python3-jwt python3-celery)
python_debs=(gcc libc6-dev default-libmysqlclient-dev pkg-config curl iproute2)

recipe_python() {
  need base
  # What pip and apt are asked for in the Dockerfiles, with all that it depends on.
  fetch python3 python3-venv curl tzdata netbase
  fetch "${python_wheels[@]}"
  fetch "${python_debs[@]}"
  begin python "$cache/base"
  local root=$scratch/python wheels=() libraries name
  # Public wheels carry the libraries that Debian's packages depend on.
  mapfile -t libraries < <(for name in python3-uvloop python3-httptools; do dpkg-deb -f "$(deb $name)" Depends; done |
    tr ',' '\n' | awk '$1 ~ /^lib/ && $1 !~ /^libc6/ { print $1 }' | sort -u)
  install_in "$root" python3 python3-venv curl tzdata netbase "${libraries[@]}"
  # As an environment, /usr/local has the public image's layout: bin/python, bin/pip, lib/python3.*/site-packages.
  inside "$root" python3 -m venv /usr/local
  rm -f "$root"/usr/local/bin/[Aa]ctivate*
  cp "$here/files/python/pip.conf" "$root/etc/pip.conf"
  mkdir -p "$root/usr/share/standin/wheels" "$root/usr/share/standin/apt"
  for name in $(closure "${python_wheels[@]}" | grep '^python3-' | grep -v -e '-minimal$' -e '-pkg-resources$'); do
    wheels+=("/mnt/pool/$(basename "$(deb "$name")")")
  done
  cp "$here/files/python/mkwheel.py" "$root/tmp/"
  inside "$root" /usr/local/bin/python3 /tmp/mkwheel.py /usr/share/standin/wheels "${wheels[@]}"
  python_apt_source "$root"
  changes python python
  image "$(jq -n --arg v "$(deb_version python3.11)" '{
      Env: ["PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
            "PYTHON_VERSION=\($v)"],
      Cmd: ["python3"]}')" \
    'base python' library/python:3.10-slim library/python:3.11-slim library/python:3.12.9-slim
}

python_apt_source() { # ROOT
  local source=$1/usr/share/standin/apt name
  # shellcheck disable=SC2016
  inside "$1" dpkg-query -W -f '${Package}\n' | sort >"$scratch/installed"
  closure "${python_debs[@]}" | comm -23 - "$scratch/installed" >"$scratch/wanted"
  while read -r name; do
    cp "$(deb "$name")" "$source/"
    cat "$cache/pool/.index/$(basename "$(deb "$name")")" >>"$source/Packages"
  done <"$scratch/wanted"
  # With a Release file apt reads the index once and asks for nothing else.
  printf 'Date: Wed, 01 Jan 2025 00:00:00 UTC\nSHA256:\n %s %s Packages\n' "$(sha256sum <"$source/Packages" | cut -d' ' -f1)" \
    "$(stat -c %s "$source/Packages")" >"$source/Release"
  echo 'deb [trusted=yes] file:/usr/share/standin/apt ./' >"$1/etc/apt/sources.list"
}
