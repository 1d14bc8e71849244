# shellcheck shell=bash disable=SC2154
# ghcr.io/astral-sh/uv: from scratch, two programs and nothing else, as the public image.

recipe_uv() {
  mkdir -p "$scratch/uv"
  install -m 755 "$here/files/uv/uv" "$scratch/uv/uv"
  install -m 755 "$here/files/uv/uvx" "$scratch/uv/uvx"
  all_layer uv "$scratch/uv"
  image '{"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Entrypoint": ["/uv"], "WorkingDir": "/io"}' \
    uv astral-sh/uv:latest
}
