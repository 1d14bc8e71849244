# shellcheck shell=bash disable=SC2154
# nginx:alpine: Debian's nginx-light, laid out as the public image has it, with busybox's commands (wget among them).

recipe_nginx() {
  need base
  fetch nginx-light busybox-static
  begin nginx "$cache/base"
  local root=$scratch/nginx
  # Its files and ids are those of the public image: a user of its own, the site in /usr/share/nginx/html.
  inside "$root" sh -ec 'groupadd -g 101 nginx; useradd -r -u 101 -g 101 -d /var/cache/nginx -M -s /usr/sbin/nologin nginx'
  install_in "$root" nginx-light busybox-static
  "$here/files/base/busybox-links" "$root"
  rm -rf "$root"/etc/nginx/sites-* "$root"/etc/nginx/snippets "$root"/etc/nginx/modules-enabled "$root"/var/www
  mkdir -p "$root/etc/nginx/conf.d" "$root/docker-entrypoint.d"
  cp "$here/files/nginx/nginx.conf" "$root/etc/nginx/nginx.conf"
  cp "$here/files/nginx/default.conf" "$root/etc/nginx/conf.d/default.conf"
  install -m 755 "$here/files/nginx/docker-entrypoint.sh" "$root/docker-entrypoint.sh"
  changes nginx nginx
  # Made after `changes`, which empties the folder of logs.
  mkdir -p "$scratch/logs/var/log/nginx"
  ln -s /dev/stdout "$scratch/logs/var/log/nginx/access.log"
  ln -s /dev/stderr "$scratch/logs/var/log/nginx/error.log"
  all_layer nginx-logs "$scratch/logs"
  image "$(jq -n --arg v "$(deb_version nginx)" '{
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "NGINX_VERSION=\($v)"],
      Entrypoint: ["/docker-entrypoint.sh"], Cmd: ["nginx", "-g", "daemon off;"],
      ExposedPorts: {"80/tcp": {}}, StopSignal: "SIGQUIT"}')" \
    'base nginx nginx-logs' library/nginx:alpine
}
