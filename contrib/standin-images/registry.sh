# shellcheck shell=bash
# start_registry STORAGE WORK readonly|readwrite: start a docker-registry on a free loopback port; sets registry_pid and
# registry_port. WORK takes its configuration and its log. The caller ends it by its id.

start_registry() {
  local storage=$1 work=$2 readonly=false try
  [ "$3" = readwrite ] || readonly=true
  mkdir -p "$work"
  for try in 1 2 3 4 5 6 7 8; do
    # Below the range from which the kernel gives out ports to clients.
    registry_port=$((20000 + (RANDOM + try) % 10000))
    cat >"$work/registry.yml" <<YML
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: "$storage"}
  maintenance: {uploadpurging: {enabled: false}, readonly: {enabled: $readonly}}
http: {addr: "127.0.0.1:$registry_port"}
YML
    docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 </dev/null &
    registry_pid=$!
    await_registry && return 0
    kill "$registry_pid" 2>/dev/null || :
    wait "$registry_pid" 2>/dev/null || :
  done
  echo "the registry does not start:" >&2
  cat "$work/registry.log" >&2
  return 1
}

await_registry() {
  local n
  for n in $(seq 100); do
    kill -0 "$registry_pid" 2>/dev/null || return 1
    ! curl -fs -o /dev/null "http://127.0.0.1:$registry_port/v2/" || return 0
    sleep 0.1
  done
  echo "no answer after $n tries" >&2
  return 1
}
