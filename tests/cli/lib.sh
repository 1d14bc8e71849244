# shellcheck shell=bash
# What the CLI tests call. A test file tests/cli/NAME.test defines functions case_*; each runs in a
# shell of its own with `set -eu`, in an empty folder $DIR, with ocib on PATH. A case fails when a
# command fails that nothing tests; assertions say what they saw.
#
# Variables: DIR the case's folder, WHO root|user, CLI the folder of these files.
# A line "# limit: SECONDS" of a test file changes the time limit of its cases (60).

fail() { # TEXT...
    local i
    printf 'failed: %s\n' "$*" >&2
    for ((i = 1; i < ${#FUNCNAME[@]} - 1; i++)); do
        printf '    at %s:%s\n' "${BASH_SOURCE[i + 1]##*/}" "${BASH_LINENO[i]}" >&2
    done
    trap - ERR
    exit 1
}

skip() { # REASON...
    printf '%s\n' "$*" >"$DIR/.skip"
    trap - ERR
    exit 77
}

need() { # COMMAND...: skips unless all are installed
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null || skip "$command is not installed"
    done
}

need_root() {
    [ "$WHO" = root ] || skip "needs root"
}

need_user() {
    [ "$WHO" = user ] || skip "is about an ordinary user"
}

need_test_user() {
    [ -n "$TEST_USER" ] || skip "there is no ordinary user here"
}

# As root: runs a command as the ordinary user, with folders of its own in $DIR/rootless.
as_test_user() { # COMMAND...
    mkdir -p "$DIR/rootless"
    chown "$TEST_USER:" "$DIR/rootless"
    env HOME="$DIR/rootless" XDG_RUNTIME_DIR="$DIR/rootless" XDG_DATA_HOME="$DIR/rootless/data" TMPDIR="$DIR/rootless" \
        OCIB_ROOT="$DIR/rootless/store" \
        setpriv --reuid "$(id -u "$TEST_USER")" --regid "$(id -g "$TEST_USER")" --init-groups "$@"
}

# --- running ------------------------------------------------------------------------------------

# Runs a command; stdout and stderr go to $DIR/stdout and $DIR/stderr.
run() { # COMMAND...
    status=0
    "$@" >"$DIR/stdout" 2>"$DIR/stderr" || status=$?
}

assert_status() { # STATUS COMMAND...
    local expected=$1
    shift
    run "$@"
    if [ "$status" != "$expected" ]; then
        printf '%s\n' "--- stdout" >&2
        tail -n 30 "$DIR/stdout" >&2
        printf '%s\n' "--- stderr" >&2
        tail -n 60 "$DIR/stderr" >&2
        fail "status $status, expected $expected: $*"
    fi
}

ok() { # COMMAND...
    assert_status 0 "$@"
}

assert_eq() { # ACTUAL EXPECTED [WHAT]
    [ "$1" = "$2" ] || fail "${3-values differ}"$'\n'"  is:       $1"$'\n'"  expected: $2"
}

assert_ne() { # ACTUAL UNWANTED [WHAT]
    [ "$1" != "$2" ] || fail "${3-values are the same}: $1"
}

assert_contains() { # FILE TEXT
    grep -qF -- "$2" "$1" || fail "no '$2' in ${1##*/}:"$'\n'"$(tail -n 40 "$1")"
}

assert_lacks() { # FILE TEXT
    ! grep -qF -- "$2" "$1" || fail "'$2' is in ${1##*/}:"$'\n'"$(grep -nF -- "$2" "$1" | head -n 10)"
}

assert_matches() { # FILE REGEX
    grep -qE -- "$2" "$1" || fail "nothing matches '$2' in ${1##*/}:"$'\n'"$(tail -n 40 "$1")"
}

assert_lines() { # FILE NUMBER
    assert_eq "$(wc -l <"$1")" "$2" "lines of ${1##*/}"
}

# A value out of JSON: assert_json FILE FILTER EXPECTED, all compact.
assert_json() {
    local actual
    actual=$(jq -cS "$2" "$1") || fail "jq can't read ${1##*/}"
    assert_eq "$actual" "$(jq -cSn "$3")" "$2 in ${1##*/}"
}

# What changes from run to run, as a name: folders, ports, digests, times.
normalized() { # FILE
    sed -E -e "s#$DIR#@DIR@#g" -e 's/127\.0\.0\.1:[0-9]+/@REGISTRY@/g' -e 's/sha256:[0-9a-f]{12,64}/@DIGEST@/g' \
        -e 's/\b[0-9]+\.[0-9]+ ?m?s\b/@TIME@/g' "$1"
}

# The whole of stderr is the text of a file in tests/cli/golden/. `tests/cli/run --record` writes it.
assert_stderr_is() { # NAME
    stream_is stderr "$1"
}

assert_stdout_is() { # NAME
    stream_is stdout "$1"
}

stream_is() { # stdout|stderr NAME
    local golden=$CLI/golden/$2
    if [ -n "$RECORD" ]; then
        mkdir -p "$RECORD"
        normalized "$DIR/$1" >"$RECORD/$2"
        return
    fi
    [ -e "$golden" ] || fail "there is no golden/$2: tests/cli/run --record writes it; $1 was:"$'\n'"$(cat "$DIR/$1")"
    diff -u "$golden" <(normalized "$DIR/$1") >&2 || fail "$1 is not golden/$2"
}

# Starts a command, which signals reach as from a terminal; its number is $PID, output goes to
# $DIR/stdout and $DIR/stderr.
start() { # COMMAND...
    env --default-signal=INT,QUIT "$@" >"$DIR/stdout" 2>"$DIR/stderr" &
    export PID=$!
}

# --- files --------------------------------------------------------------------------------------

# Writes stdin to a file, making its folder: file ctx/Dockerfile <<'E'
file() { # PATH
    mkdir -p "$(dirname "$1")"
    cat >"$1"
}

# The Dockerfile of the context ctx.
dockerfile() {
    file ctx/Dockerfile
}

# Copies a program of this machine, with the libraries it needs, into a folder: program DIR NAME
program() {
    local path file
    path=$(command -v "$2") || skip "$2 is not installed"
    mkdir -p "$1/usr/bin"
    cp -L "$path" "$1/usr/bin/"
    for file in $(ldd "$path" | grep -oE '/[^ ]+'); do
        mkdir -p "$1/$(dirname "$file")"
        cp -L "$file" "$1/$file"
    done
}

# --- images -------------------------------------------------------------------------------------

# Builds ctx and writes an OCI tar, checked in all its digests, to NAME.tar and what is in it to NAME.json.
build_oci() { # NAME [FLAG...]
    local name=$1
    shift
    ok ocib build -o "type=oci,dest=$DIR/$name.tar" -t "test/$name:1" "$@" ctx
    checked "$name"
}

checked() { # NAME
    "$CLI/check-oci" "$DIR/$1.tar" >"$DIR/$1.json" || fail "check-oci found faults in $1.tar"
}

# Entries of the last layer (or the one of a number), one line each: mode uid:gid type path -> link.
entries() { # NAME [LAYER]
    jq -r --argjson n "${2--1}" '.layers[$n].entries[] |
        "\(.mode) \(.uid):\(.gid) \(.type) \(.path)" + (if .link == "" then "" else " -> " + .link end)' "$DIR/$1.json"
}

# Unpacks the files of one layer as they are: layer_file NAME PATH [LAYER] prints a file's content.
layer_file() {
    local blob
    blob=$(jq -r --argjson n "${3--1}" '.layers[$n].digest' "$DIR/$1.json")
    tar -xOf "$DIR/$1.tar" "blobs/${blob/://}" | gzip -dc | tar -xOf - "$2"
}

diff_ids() { # NAME
    jq -c '[.layers[].diff_id]' "$DIR/$1.json"
}

# Every blob of the store is what its name says, and index.json can be read.
store_is_whole() {
    local blob
    for blob in "$OCIB_ROOT"/blobs/sha256/*; do
        [ -e "$blob" ] || continue
        [ "$(sha256sum <"$blob" | cut -d ' ' -f 1)" = "${blob##*/}" ] || fail "${blob##*/} of the store is damaged"
    done
    [ ! -e "$OCIB_ROOT/index.json" ] || jq -e . "$OCIB_ROOT/index.json" >/dev/null || fail "index.json is damaged"
}

# --- registry -----------------------------------------------------------------------------------

# A hash of "secret word", which is the password of the user "tester" in tests only.
# shellcheck disable=SC2016 # no variables in it
HTPASSWD='tester:$2b$05$zcuflnOGk972v/wj1bs6sO3DxLR8Og2/GmRLxdPtQtEsE8KFLtd9.'

# Starts a registry on a free port of loopback; REGISTRY is then its host:port. What the runner
# prepared, busybox:latest as library/busybox, is in it.
# shellcheck disable=SC2120 # the argument may be left out
registry_start() { # [--auth]
    local folder config try
    need docker-registry
    folder=$(mktemp -d "$DIR/registry.XXXX")
    config=$folder/config.yml
    cp -a --reflink=auto "$PREPARED/registry" "$folder/data"
    cat >"$config" <<E
version: 0.1
log: {level: info, accesslog: {disabled: false}}
storage: {filesystem: {rootdirectory: $folder/data}, delete: {enabled: true}, maintenance: {uploadpurging: {enabled: false}}}
http: {addr: "127.0.0.1:0", secret: test}
E
    if [ "${1-}" = --auth ]; then
        echo "$HTPASSWD" >"$folder/htpasswd"
        echo "auth: {htpasswd: {realm: test, path: $folder/htpasswd}}" >>"$config"
    fi
    : >"$folder/log"
    docker-registry serve "$config" >>"$folder/log" 2>&1 &
    REGISTRY_PID=$!
    REGISTRY_LOG=$folder/log
    REGISTRY_DATA=$folder/data
    REGISTRY=
    for ((try = 0; try < 300; try++)); do
        REGISTRY=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$folder/log")
        [ -z "$REGISTRY" ] || break
        kill -0 "$REGISTRY_PID" 2>/dev/null || break
        sleep 0.05
    done
    [ -n "$REGISTRY" ] || fail "the registry did not start: $(cat "$folder/log")"
    export REGISTRY REGISTRY_PID REGISTRY_LOG REGISTRY_DATA
}

registry_stop() {
    kill "$REGISTRY_PID" 2>/dev/null || :
    wait "$REGISTRY_PID" 2>/dev/null || :
}

# How often the registry was asked for a path that matches a regular expression.
registry_requests() { # REGEX
    grep -cE "\"?(GET|HEAD|PUT|POST|PATCH) [^ ]*$1" "$REGISTRY_LOG" || :
}

# Makes the registry stand for Docker Hub, and nothing but the registry.
mirror_registry() {
    export CONTAINERS_REGISTRIES_CONF=$DIR/registries.conf
    cat >"$CONTAINERS_REGISTRIES_CONF" <<E
unqualified-search-registries = ["docker.io"]

[[registry]]
prefix = "docker.io"
location = "$REGISTRY"
insecure = true

[[registry]]
location = "$REGISTRY"
insecure = true
E
}

# Starts a registry that stands for Docker Hub. Its images are busybox:latest and what is named.
base_image() { # [NAME:TAG...]
    local name
    [ -n "${REGISTRY-}" ] || registry_start ""
    mirror_registry
    for name in "$@"; do
        push_image "oci:$PREPARED/layout:busybox" "$name"
    done
}

# Pushes an image of a layout that make-image made as a library image of the stand-in.
push_image() { # SOURCE NAME:TAG
    skopeo copy -q --all --dest-tls-verify=false "$1" "docker://$REGISTRY/library/$2" ||
        fail "skopeo can't push $1"
}

make_image() {
    "$CLI/make-image" "$@"
}

# --- servers ------------------------------------------------------------------------------------

# Serves the folder www; $URL is where, and server.log has the requests.
serve() {
    local port
    need python3
    mkdir -p www
    python3 -u -m http.server 0 --bind 127.0.0.1 --directory www >server.out 2>server.log &
    wait_until contains server.out ' port '
    port=$(sed -n 's/.* port \([0-9]*\).*/\1/p' server.out)
    export URL=http://127.0.0.1:$port
}

# Makes the repository www/NAME.git: two commits on main, the first of them the tag v1 and the branch other.
repository() { # NAME
    need git
    export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
    git init -q -b main "$1"
    mkdir -p "$1/sub/deep"
    echo one >"$1/README"
    echo s >"$1/sub/deep/s"
    echo run >"$1/run.sh"
    chmod 755 "$1/run.sh"
    ln -s README "$1/link"
    git -C "$1" add .
    git -C "$1" commit -q -m one
    git -C "$1" tag -a -m v1 v1
    git -C "$1" branch other
    echo two >"$1/README"
    git -C "$1" commit -q -a -m two
    publish "$1"
}

publish() { # NAME
    rm -rf "www/$1.git"
    git clone -q --bare "$1" "www/$1.git"
    git -C "www/$1.git" update-server-info
}

# --- waiting ------------------------------------------------------------------------------------

# Waits until a command succeeds, and fails after 30 s.
wait_until() { # COMMAND...
    local try
    for ((try = 0; try < 300; try++)); do
        if "$@"; then
            return 0
        fi
        sleep 0.1
    done
    fail "waited 30 s for: $*"
}

contains() { # FILE TEXT
    grep -qF -- "$2" "$1" 2>/dev/null
}
