#include "base/mem.h"
#include "build/add_remote.h"
#include "http/url.h"
#include "registry/base64.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * By the git program. Nothing of this machine's or this user's configuration has a say (no hooks,
 * no templates, no credential helpers), nobody is asked for a password, and no other protocols than
 * a Dockerfile may name are spoken, by submodules neither.
 */

enum { POLL_MS = 100, MOST_OUTPUT = 1024 * 1024 };

static const char repository[] = "repo";

struct git {
    const struct ocib_remote *remote;
    char *program;
    struct ocib_strings env;
    struct ocib_buf said;   /* what the last one printed */
    struct ocib_buf errors; /* and to stderr */
};

static void git_release(struct git *git)
{
    free(git->program);
    ocib_strings_release(&git->env);
    ocib_buf_release(&git->said);
    ocib_buf_release(&git->errors);
}

static int find_program(struct git *git, struct ocib_error **err)
{
    const char *list = getenv("PATH");
    struct ocib_str rest = ocib_str(list ? list : "/usr/local/bin:/usr/bin:/bin");
    struct ocib_str dir;
    while (ocib_str_cut(&rest, ':', &dir)) {
        OCIB_AUTO_FREE char *path = ocib_format("%.*s/git", OCIB_STR_ARG(dir));
        struct stat st;
        if (path[0] == '/' && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
            access(path, X_OK) == 0) {
            git->program = ocib_steal(&path);
            return 0;
        }
    }
    ocib_error_set(err, OCIB_EINPUT, "can't fetch %s: the program git is not in PATH",
                   git->remote->repo.remote);
    return ocib_error_hint_set(err, "install git");
}

static void make_env(struct git *git)
{
    static const char *const kept[] = {
        "PATH",          "HOME",         "USER",           "LOGNAME",      "TMPDIR",   "http_proxy",
        "https_proxy",   "HTTPS_PROXY",  "all_proxy",      "ALL_PROXY",    "no_proxy", "NO_PROXY",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "SSH_AUTH_SOCK"};
    static const char *const set[] = {
        "LC_ALL=C",
        "GIT_TERMINAL_PROMPT=0",
        "GIT_CONFIG_NOSYSTEM=1",
        "GIT_CONFIG_GLOBAL=/dev/null",
        "GIT_ALLOW_PROTOCOL=http:https:ssh:git",
        "GIT_SSH_COMMAND=ssh -o BatchMode=yes",
    };
    for (size_t i = 0; i < OCIB_COUNT(kept); i++) {
        const char *value = getenv(kept[i]);
        if (value) {
            ocib_strings_take(&git->env, ocib_format("%s=%s", kept[i], value));
        }
    }
    for (size_t i = 0; i < OCIB_COUNT(set); i++) {
        ocib_strings_push(&git->env, set[i]);
    }
}

static bool is_http(const char *remote)
{
    return strncmp(remote, "http://", 7) == 0 || strncmp(remote, "https://", 8) == 0;
}

static const struct ocib_secret *find_secret(const struct git *git, const char *id,
                                             const char *host)
{
    const struct ocib_secrets *secrets = git->remote->build->request->secrets;
    OCIB_AUTO_FREE char *of_host = ocib_format("%s.%s", id, host);
    const struct ocib_secret *found = NULL;
    for (size_t i = 0; secrets && i < secrets->len; i++) {
        const struct ocib_secret *secret = &secrets->items[i];
        if (strcmp(secret->id, of_host) == 0) {
            return secret;
        }
        found = strcmp(secret->id, id) == 0 ? secret : found;
    }
    return found;
}

/* The value of the header that the server gets: of the URL itself, or of a secret with the name
 * that BuildKit knows it by. NULL: none. */
static char *authorization(const struct git *git)
{
    const struct ocib_remote *remote = git->remote;
    if (remote->authorization) {
        return ocib_strdup(remote->authorization);
    }
    OCIB_AUTO_FREE char *host = ocib_url_host(remote->repo.remote);
    const struct ocib_secret *header = find_secret(git, "GIT_AUTH_HEADER", host);
    const struct ocib_secret *token = find_secret(git, "GIT_AUTH_TOKEN", host);
    if (header) {
        return ocib_str_dup(ocib_str_trim(ocib_buf_str(&header->value)));
    }
    if (!token) {
        return NULL;
    }
    OCIB_AUTO_BUF struct ocib_buf plain = {0};
    struct ocib_buf out = {0};
    ocib_buf_puts(&plain, "x-access-token:");
    ocib_buf_add_str(&plain, ocib_str_trim(ocib_buf_str(&token->value)));
    ocib_buf_puts(&out, "Basic ");
    ocib_base64_encode(ocib_buf_str(&plain), &out);
    return ocib_buf_take(&out);
}

/* It goes to the repository alone, or for submodules too to all of GitHub's, as BuildKit has it. By
 * the environment: arguments can be seen by other users. */
static int add_authorization(struct git *git, struct ocib_error **err)
{
    const char *remote = git->remote->repo.remote;
    const char *github = "https://github.com/";
    OCIB_AUTO_FREE char *value = remote && is_http(remote) ? authorization(git) : NULL;
    if (!value) {
        return 0;
    }
    if (strpbrk(value, "\r\n")) {
        return ocib_error_set(err, OCIB_EUSAGE,
                              "the secret GIT_AUTH_HEADER for %s has more than one line", remote);
    }
    bool all = strncmp(remote, github, strlen(github)) == 0;
    ocib_strings_push(&git->env, "GIT_CONFIG_COUNT=1");
    ocib_strings_take(&git->env,
                      ocib_format("GIT_CONFIG_KEY_0=http.%s.extraHeader", all ? github : remote));
    ocib_strings_take(&git->env, ocib_format("GIT_CONFIG_VALUE_0=Authorization: %s", value));
    return 0;
}

/* --ssh default=SOCKET goes before the environment's agent. */
static void add_agent(struct git *git)
{
    const struct ocib_strings *agents = git->remote->build->request->agents;
    const char *socket = agents ? ocib_env_get(agents, "default") : NULL;
    if (socket) {
        ocib_env_set(&git->env, "SSH_AUTH_SOCK", socket);
    }
}

static int git_init(struct git *git, const struct ocib_remote *remote, struct ocib_error **err)
{
    *git = (struct git){.remote = remote};
    ocib_buf_init(&git->said);
    ocib_buf_init(&git->errors);
    make_env(git);
    add_agent(git);
    return add_authorization(git, err) < 0 ? -1 : find_program(git, err);
}

/* --- one call --------------------------------------------------------------------------------- */

static int wait_for(struct git *git, struct ocib_process *process, int *status,
                    struct ocib_error **err)
{
    struct pollfd ended = {.fd = process->pidfd, .events = POLLIN};
    while (poll(&ended, 1, POLL_MS) <= 0) {
        if (ocib_build_check_interrupt(git->remote->build, err) < 0) {
            return -1;
        }
    }
    return ocib_process_wait(process, status) < 0
               ? ocib_error_set_errno(err, OCIB_EINPUT, "can't wait for git")
               : 0;
}

static int read_back(int fd, struct ocib_buf *out)
{
    ocib_buf_clear(out);
    return lseek(fd, 0, SEEK_SET) < 0 ? -1 : ocib_fd_read_all(fd, MOST_OUTPUT, out);
}

static int start_and_wait(struct git *git, char *const *argv, int *status, struct ocib_error **err)
{
    OCIB_AUTO_FD int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    OCIB_AUTO_FD int out = memfd_create("git", MFD_CLOEXEC);
    OCIB_AUTO_FD int errors = memfd_create("git", MFD_CLOEXEC);
    if (in < 0 || out < 0 || errors < 0) {
        return ocib_error_set_errno(err, OCIB_EINPUT, "can't run git");
    }
    const int fds[] = {in, out, errors};
    struct ocib_spawn how = {.path = git->program,
                             .exe_fd = -1,
                             .argv = argv,
                             .env = ocib_strings_argv(&git->env),
                             .fds = fds,
                             .fd_count = OCIB_COUNT(fds),
                             .code = OCIB_EINPUT};
    OCIB_AUTO_PROCESS struct ocib_process process = {.pidfd = -1};
    if (ocib_spawn(&how, &process, err) < 0 || wait_for(git, &process, status, err) < 0) {
        return -1;
    }
    if (read_back(out, &git->said) < 0 || read_back(errors, &git->errors) < 0) {
        return ocib_error_set_errno(err, OCIB_EINPUT, "can't read what git printed");
    }
    return 0;
}

/* Runs "git <args>" (NULL-ended): 0 if it succeeded, 1 if it failed, -1 if it couldn't be run. */
static int run(struct git *git, const char *const *args, struct ocib_error **err)
{
    static const char *const settings[] = {
        "core.hooksPath=/dev/null",   "core.fsmonitor=false",      "core.symlinks=true",
        "core.autocrlf=false",        "core.fileMode=true",        "core.attributesFile=/dev/null",
        "credential.helper=",         "advice.detachedHead=false", "init.defaultBranch=main",
        "core.logAllRefUpdates=false"};
    OCIB_AUTO_STRINGS struct ocib_strings argv = {0};
    int status;
    ocib_strings_push(&argv, "git");
    for (size_t i = 0; i < OCIB_COUNT(settings); i++) {
        ocib_strings_push(&argv, "-c");
        ocib_strings_push(&argv, settings[i]);
    }
    for (size_t i = 0; args[i]; i++) {
        ocib_strings_push(&argv, args[i]);
    }
    if (start_and_wait(git, ocib_strings_argv(&argv), &status, err) < 0) {
        return -1;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

/* What git printed of what went wrong: its last "fatal" line, or where that says nothing, the first
 * line of all, which is the server's or ssh's. */
static struct ocib_str complaint(const struct git *git)
{
    struct ocib_str rest = ocib_str_trim(ocib_buf_str(&git->errors));
    struct ocib_str first = {0}, last = {0}, line;
    while (ocib_str_cut(&rest, '\n', &line)) {
        line = ocib_str_trim(line);
        first = first.len ? first : line;
        last = !last.len || ocib_str_starts(line, "fatal: ") ? line : last;
    }
    last = ocib_str_starts(last, "fatal: ") ? ocib_str_sub(last, 7, last.len) : last;
    return ocib_str_is(last, "Could not read from remote repository.") ? first : last;
}

static int failed(struct git *git, const char *what, struct ocib_error **err)
{
    struct ocib_str text = complaint(git);
    return ocib_error_set(err, OCIB_EINPUT, "git can't %s %s: %.*s", what, git->remote->repo.remote,
                          OCIB_STR_ARG(text));
}

/* A call whose failure is the end. */
static int must_run(struct git *git, const char *what, const char *const *args,
                    struct ocib_error **err)
{
    int result = run(git, args, err);
    return result > 0 ? failed(git, what, err) : result;
}

/* --- the commit ------------------------------------------------------------------------------- */

/* Names of refs as "git checkout" tries them; tags by the commit that they lead to. */
struct found {
    struct ocib_str exact;
    struct ocib_str head;
    struct ocib_str tag;
};

static bool is_ref(struct ocib_str name, const char *prefix, const char *ref)
{
    return ocib_str_starts(name, prefix) &&
           ocib_str_is(ocib_str_sub(name, strlen(prefix), name.len), ref);
}

static void take_ref(struct found *found, struct ocib_str commit, struct ocib_str name,
                     const char *ref)
{
    if (ocib_str_ends(name, "^{}")) {
        name = ocib_str_sub(name, 0, name.len - 3); /* follows the tag's own line */
    }
    if (ocib_str_is(name, ref) || is_ref(name, "refs/", ref)) {
        found->exact = commit;
    } else if (is_ref(name, "refs/heads/", ref)) {
        found->head = commit;
    } else if (is_ref(name, "refs/tags/", ref)) {
        found->tag = commit;
    }
}

static struct ocib_str find_ref(const struct git *git, const char *ref)
{
    struct found found = {0};
    struct ocib_str rest = ocib_buf_str(&git->said);
    struct ocib_str line, commit;
    while (ocib_str_cut(&rest, '\n', &line)) {
        if (ocib_str_cut(&line, '\t', &commit) && ocib_checksum_is_commit(commit)) {
            take_ref(&found, commit, line, ref);
        }
    }
    return found.exact.len ? found.exact : found.head.len ? found.head : found.tag;
}

static bool is_whole_commit(const char *ref)
{
    size_t len = ref ? strlen(ref) : 0;
    return (len == 40 || len == 64) && ocib_checksum_is_commit(ocib_str(ref));
}

static int look_up(struct ocib_remote *remote, struct ocib_error **err)
{
    const char *ref = remote->repo.ref ? remote->repo.ref : "HEAD";
    OCIB_AUTO_FREE char *peeled = ocib_format("%s^{}", ref);
    OCIB_AUTO(git_release) struct git git;
    const char *const args[] = {"ls-remote", "--", remote->repo.remote, ref, peeled, NULL};
    if (git_init(&git, remote, err) < 0 || must_run(&git, "read the refs of", args, err) < 0) {
        return -1;
    }
    struct ocib_str commit = find_ref(&git, ref);
    if (!commit.len) {
        ocib_error_set(err, OCIB_EINPUT, "%s has no ref %s", remote->repo.remote, ref);
        return ocib_error_hint_set(
            err, "it is a branch, a tag, or a commit in full; see git ls-remote %s",
            remote->repo.remote);
    }
    remote->commit = ocib_str_dup(commit);
    return 0;
}

static int check_commit(const struct ocib_remote *remote, const char *checksum, const char *who,
                        struct ocib_error **err)
{
    if (!checksum || ocib_str_starts(ocib_str(remote->commit), checksum)) {
        return 0;
    }
    return ocib_error_set(err, OCIB_EINPUT, "the commit of %s is %s, not %s as %s", remote->source,
                          remote->commit, checksum, who);
}

int ocib_remote_find_commit(struct ocib_remote *remote, struct ocib_error **err)
{
    const char *ref = remote->repo.ref ? remote->repo.ref : remote->repo.checksum;
    if (is_whole_commit(ref)) {
        remote->commit = ocib_strdup(ref);
    } else if (look_up(remote, err) < 0) {
        return -1;
    }
    return check_commit(remote, remote->op->checksum, "--checksum says", err) ||
                   check_commit(remote, remote->repo.checksum, "its URL says", err)
               ? -1
               : 0;
}

/* --- the tree --------------------------------------------------------------------------------- */

/* The one commit, if the server gives that; else all branches and tags. */
static int fetch(struct git *git, const char *dir, struct ocib_error **err)
{
    const struct ocib_remote *remote = git->remote;
    const char *const one[] = {"-C",
                               dir,
                               "fetch",
                               "-q",
                               "--depth=1",
                               "--no-tags",
                               "--no-recurse-submodules",
                               "origin",
                               remote->commit,
                               NULL};
    const char *const all[] = {"-C",
                               dir,
                               "fetch",
                               "-q",
                               "--no-recurse-submodules",
                               "origin",
                               "+refs/heads/*:refs/remotes/origin/*",
                               "+refs/tags/*:refs/tags/*",
                               NULL};
    int result = run(git, one, err);
    return result > 0 ? must_run(git, "fetch from", all, err) : result;
}

static int fetch_submodules(struct git *git, const char *dir, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *list = ocib_path_join(dir, ".gitmodules");
    const char *const shallow[] = {"-C",     dir,           "submodule", "-q", "update",
                                   "--init", "--recursive", "--depth=1", NULL};
    const char *const whole[] = {"-C",     dir,      "submodule",   "-q",
                                 "update", "--init", "--recursive", NULL};
    struct stat st;
    if (git->remote->repo.no_submodules || lstat(list, &st) < 0) {
        return 0;
    }
    int result = run(git, shallow, err);
    return result > 0 ? must_run(git, "fetch the submodules of", whole, err) : result;
}

static int check_out(struct git *git, const char *dir, struct ocib_error **err)
{
    const struct ocib_remote *remote = git->remote;
    const char *const init[] = {"init", "-q", "--template=", "--", dir, NULL};
    const char *const origin[] = {"-C", dir, "remote", "add", "--", "origin", remote->repo.remote,
                                  NULL};
    const char *const checkout[] = {"-C", dir, "checkout", "-q", "--detach", remote->commit, NULL};
    if (must_run(git, "make a repository for", init, err) < 0 ||
        must_run(git, "make a repository for", origin, err) < 0 || fetch(git, dir, err) < 0 ||
        must_run(git, "check out", checkout, err) < 0) {
        return -1;
    }
    return fetch_submodules(git, dir, err);
}

int ocib_remote_check_out(struct ocib_remote *remote, struct ocib_error **err)
{
    OCIB_AUTO(git_release) struct git git;
    if (git_init(&git, remote, err) < 0 || ocib_remote_begin(remote, err) < 0) {
        return -1;
    }
    OCIB_AUTO_FREE char *dir = ocib_path_join(remote->work.path, repository);
    if (check_out(&git, dir, err) < 0) {
        return -1;
    }
    OCIB_AUTO_FD int top = openat(remote->work.fd, repository, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (top >= 0 && unlinkat(top, ".git/FETCH_HEAD", 0) < 0 && errno != ENOENT) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't remove FETCH_HEAD");
    }
    remote->root_fd =
        top < 0 ? -1 : ocib_open_no_links(top, remote->repo.dir, O_RDONLY | O_DIRECTORY, 0);
    if (remote->root_fd < 0) {
        return ocib_error_set_errno(err, OCIB_EINPUT, "can't find the folder %s in %s",
                                    *remote->repo.dir ? remote->repo.dir : "/",
                                    remote->repo.remote);
    }
    return 0;
}
