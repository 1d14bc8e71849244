#include "sandbox/command.h"

#include "sandbox/caps.h"
#include "sandbox/chroot.h"
#include "sandbox/policy.h"
#include "sandbox/supervise.h"
#include "sandbox/terminal.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What Docker searches when an image sets no PATH. */
static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* Output goes to pipes that belong to the builder: /dev/stdout must be open to the step's user. */
static int own_streams(const struct ocib_sandbox_spec *spec, struct ocib_error **err)
{
    const int input = ocib_sandbox_input_fd(spec);
    if (spec->has_terminal) {
        return ocib_terminal_make(input, spec->emulated ? (uid_t)-1 : spec->uid, err);
    }
    OCIB_AUTO_FD int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(spec->has_input ? input : null, STDIN_FILENO) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't open /dev/null of the step");
    }
    for (int fd = spec->has_input ? STDIN_FILENO : STDOUT_FILENO;
         fd <= STDERR_FILENO && !spec->emulated; fd++) {
        if (fchown(fd, spec->uid, spec->gid) < 0 && errno != EINVAL) {
            return ocib_error_set_errno(err, OCIB_ESANDBOX,
                                        "can't give the step's output to user %u:%u", spec->uid,
                                        spec->gid);
        }
    }
    return 0;
}

/*
 * With CAP_SYS_ADMIN a filter may be set without no_new_privs, which would end su and sudo. So it
 * comes before the capabilities are dropped; Docker's profile lets the calls that follow pass.
 */
static int set_filter(const struct ocib_sandbox_spec *spec, int supervisor, struct ocib_error **err)
{
    if (spec->emulated) {
        return ocib_supervise_hand_over(supervisor, &spec->filter, err);
    }
    if (!spec->filter.len) {
        return 0;
    }
    struct sock_fprog program = {
        .len = (unsigned short)(spec->filter.len / sizeof(struct sock_filter)),
        .filter = (struct sock_filter *)(void *)spec->filter.data,
    };
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't set the step's seccomp filter");
    }
    return 0;
}

static int fail_ids(const struct ocib_sandbox_spec *spec, struct ocib_error **err)
{
    int number = errno;
    ocib_error_set_errno(err, OCIB_EBUILD, "can't run as user %u:%u", spec->uid, spec->gid);
    if (number == EINVAL) {
        ocib_error_hint_set(err, "the id is outside the subordinate ids: give the user a larger "
                                 "range in /etc/subuid and /etc/subgid");
    }
    return -1;
}

static int fail_limit(const struct ocib_limit *limit, struct ocib_error **err)
{
    struct rlimit own = {0};
    int number = errno;
    getrlimit((__rlimit_resource_t)limit->resource, &own);
    errno = number;
    ocib_error_set_errno(err, OCIB_ESANDBOX,
                         "can't set a limit (--ulimit) of the step to %llu:%llu",
                         (unsigned long long)limit->soft, (unsigned long long)limit->hard);
    if (number == EPERM) {
        ocib_error_hint_set(err, "only root can raise a limit, and ocib itself has %llu:%llu",
                            (unsigned long long)own.rlim_cur, (unsigned long long)own.rlim_max);
    }
    return -1;
}

static int set_limits(const struct ocib_sandbox_spec *spec, struct ocib_error **err)
{
    struct ocib_limit limit;
    for (size_t at = 0; at + sizeof(limit) <= spec->limits.len; at += sizeof(limit)) {
        memcpy(&limit, spec->limits.data + at, sizeof(limit));
        const struct rlimit value = {.rlim_cur = limit.soft, .rlim_max = limit.hard};
        if (setrlimit((__rlimit_resource_t)limit.resource, &value) < 0) {
            return fail_limit(&limit, err);
        }
    }
    return 0;
}

static int set_ids(const struct ocib_sandbox_spec *spec, struct ocib_error **err)
{
    const uint64_t keep = spec->caps;
    if (ocib_caps_bound(keep) < 0 || (spec->insecure && ocib_caps_keep(true) < 0)) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't limit the step's capabilities");
    }
    if (spec->emulated) {
        /* There is one id, and what calls change now is the supervisor's. The bounding set is what
         * root's exec leaves of the capabilities. */
        return 0;
    }
    if (setgroups(spec->groups.len, spec->groups.items) < 0 ||
        setresgid(spec->gid, spec->gid, spec->gid) < 0 ||
        setresuid(spec->uid, spec->uid, spec->uid) < 0) {
        return fail_ids(spec, err);
    }
    /* For a uid other than 0 setresuid() has emptied the permitted set already. */
    if (ocib_caps_limit(keep) < 0 || (spec->insecure && ocib_caps_spread() < 0)) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't limit the step's capabilities");
    }
    return 0;
}

/* Tries one file; the more telling of two failures stays in *why. */
static void try_program(const char *path, char **argv, char **env, int *why)
{
    execve(path, argv, env);
    if ((errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG) || *why == 0) {
        *why = errno;
    }
}

static bool goes_on(int why)
{
    return why == ENOENT || why == ENOTDIR || why == EACCES || why == ENAMETOOLONG;
}

/* execvpe() on the step's own PATH; returns errno of the failure. A script without "#!" is not
 * given to a shell: images that rely on that fail in Docker, too. */
static int search(const char *name, const char *path, char **argv, char **env)
{
    int why = 0;
    if (strchr(name, '/')) {
        try_program(name, argv, env, &why);
        return why;
    }
    struct ocib_str rest = ocib_str(path);
    struct ocib_str folder;
    while (name[0] && goes_on(why ? why : ENOENT) && ocib_str_cut(&rest, ':', &folder)) {
        OCIB_AUTO_FREE char *file = ocib_format("%.*s/%s", folder.len ? (int)folder.len : 1,
                                                folder.len ? folder.s : ".", name);
        try_program(file, argv, env, &why);
    }
    return why ? why : ENOENT;
}

static const char *describe(const char *name, int why)
{
    struct stat st;
    bool is_path = strchr(name, '/') != NULL;
    switch (why) {
    case ENOENT:
        if (is_path && stat(name, &st) == 0) {
            return "its interpreter (the #! line, or the loader of its C library) is not in the "
                   "image";
        }
        return is_path ? "no such file" : "not found in PATH";
    case ENOEXEC:
        return "exec format error (a script needs a #! line, a program this machine's "
               "architecture)";
    case EACCES:
        return is_path && stat(name, &st) == 0 && S_ISDIR(st.st_mode) ? "it is a folder"
                                                                      : "permission denied";
    default:
        return strerror(why);
    }
}

static int execute(struct ocib_sandbox_spec *spec)
{
    const char *path = ocib_env_get(&spec->env, "PATH");
    char **arguments = ocib_strings_argv(&spec->argv);
    char **env = ocib_strings_argv(&spec->env);
    int why = search(arguments[0], path ? path : default_path, arguments, env);
    OCIB_AUTO_FREE char *line =
        ocib_format("ocib: can't execute %s: %s\n", arguments[0], describe(arguments[0], why));
    int written = ocib_fd_write_all(STDERR_FILENO, line, strlen(line));
    (void)written; /* nobody is left to tell */
    return why == ENOENT || why == ENOTDIR ? 127 : 126;
}

int ocib_sandbox_command(struct ocib_sandbox_spec *spec, int supervisor, struct ocib_error **err)
{
    if (setsid() < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make a session for the step");
    }
    umask(022);
    if (own_streams(spec, err) < 0) {
        return -1;
    }
    if (chdir(spec->cwd) < 0) {
        return ocib_error_set_errno(err, OCIB_EBUILD, "can't enter the working folder %s",
                                    spec->cwd);
    }
    if (set_limits(spec, err) < 0 || set_filter(spec, supervisor, err) < 0 ||
        set_ids(spec, err) < 0) {
        return -1;
    }
    if (spec->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't set no_new_privs");
    }
    return execute(spec);
}
