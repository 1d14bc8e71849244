/* A call while it is handled, for handlers: its arguments, its caller's memory and paths. Internal
 * to the part. */
#ifndef OCIB_EMULATE_CALL_H
#define OCIB_EMULATE_CALL_H

#include "emulate/supervisor.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/types.h>

struct ocib_call {
    struct ocib_supervisor *supervisor;
    const struct seccomp_notif *request;
    pid_t tid;   /* as this process sees it */
    pid_t there; /* as the /proc does that is the working folder */
};

static inline uint64_t ocib_call_argument(const struct ocib_call *call, int i)
{
    return call->request->data.args[i];
}
static inline int ocib_call_int(const struct ocib_call *call, int i)
{
    return (int)call->request->data.args[i];
}

/* ---- the caller's memory; false: it is not there ---- */

bool ocib_call_read(const struct ocib_call *call, uint64_t from, void *to, size_t len) OCIB_MUST;
bool ocib_call_write(const struct ocib_call *call, uint64_t to, const void *from,
                     size_t len) OCIB_MUST;
/* A NUL-ended text; also false if it does not fit. */
bool ocib_call_read_text(const struct ocib_call *call, uint64_t from, char *to,
                         size_t size) OCIB_MUST;
/* Whether the caller still waits: only then what was read of it by its number was its own. */
bool ocib_call_is_alive(const struct ocib_call *call) OCIB_MUST;

/* ---- paths ---- */

/* A path as this thread has to name it: from the root (which is the caller's), or relative to the
 * working folder, a /proc: through the caller's own working folder or descriptor there. */
struct ocib_place {
    char path[PATH_MAX + 64];
    bool follow; /* a link at the end */
};
struct ocib_place_spec {
    int dir_fd;       /* or AT_FDCWD */
    uint64_t path_at; /* in the caller's memory */
    bool follow;
    bool may_be_empty; /* AT_EMPTY_PATH */
};
/* False if there is none: the kernel then says why. */
bool ocib_call_place(const struct ocib_call *call, const struct ocib_place_spec *spec,
                     struct ocib_place *out) OCIB_MUST;
/* The place of an open descriptor. */
bool ocib_call_fd_place(const struct ocib_call *call, int fd, struct ocib_place *out) OCIB_MUST;
/* Cuts a place into its folder, left in it, and the name in that. False if it has none. */
bool ocib_place_split(struct ocib_place *place, char name[NAME_MAX + 1]) OCIB_MUST;
/* From now on relative paths of callers may be seen from another root: look each time. */
void ocib_call_changes_root(const struct ocib_call *call);

/* ---- the caller itself ---- */

const struct ocib_creds *ocib_call_creds(const struct ocib_call *call);
long ocib_call_become(const struct ocib_call *call, const struct ocib_creds *creds);
uint64_t ocib_call_bound(const struct ocib_call *call);
/* Whether set-id bits are without effect (no_new_privs). */
bool ocib_call_gains_nothing(const struct ocib_call *call);
/* Answers the call by a descriptor of ours, which the caller gets a copy of. */
long ocib_call_give_fd(const struct ocib_call *call, int fd, bool close_on_exec) OCIB_MUST;

/* ---- the handlers, see step.c ---- */

long ocib_emulate_chown(struct ocib_call *call);
long ocib_emulate_lchown(struct ocib_call *call);
long ocib_emulate_fchown(struct ocib_call *call);
long ocib_emulate_fchownat(struct ocib_call *call);
long ocib_emulate_utimensat(struct ocib_call *call);
long ocib_emulate_stat(struct ocib_call *call);
long ocib_emulate_lstat(struct ocib_call *call);
long ocib_emulate_fstat(struct ocib_call *call);
long ocib_emulate_fstatat(struct ocib_call *call);
long ocib_emulate_statx(struct ocib_call *call);
long ocib_emulate_readlink(struct ocib_call *call);
long ocib_emulate_readlinkat(struct ocib_call *call);
long ocib_emulate_listxattr(struct ocib_call *call);
long ocib_emulate_llistxattr(struct ocib_call *call);
long ocib_emulate_flistxattr(struct ocib_call *call);

long ocib_emulate_open(struct ocib_call *call);
long ocib_emulate_openat(struct ocib_call *call);
long ocib_emulate_openat2(struct ocib_call *call);
long ocib_emulate_creat(struct ocib_call *call);
long ocib_emulate_mkdir(struct ocib_call *call);
long ocib_emulate_mkdirat(struct ocib_call *call);
long ocib_emulate_mknod(struct ocib_call *call);
long ocib_emulate_mknodat(struct ocib_call *call);
long ocib_emulate_symlink(struct ocib_call *call);
long ocib_emulate_symlinkat(struct ocib_call *call);

long ocib_emulate_getuid(struct ocib_call *call);
long ocib_emulate_geteuid(struct ocib_call *call);
long ocib_emulate_getgid(struct ocib_call *call);
long ocib_emulate_getegid(struct ocib_call *call);
long ocib_emulate_getresuid(struct ocib_call *call);
long ocib_emulate_getresgid(struct ocib_call *call);
long ocib_emulate_getgroups(struct ocib_call *call);
long ocib_emulate_setuid(struct ocib_call *call);
long ocib_emulate_setgid(struct ocib_call *call);
long ocib_emulate_setreuid(struct ocib_call *call);
long ocib_emulate_setregid(struct ocib_call *call);
long ocib_emulate_setresuid(struct ocib_call *call);
long ocib_emulate_setresgid(struct ocib_call *call);
long ocib_emulate_setfsuid(struct ocib_call *call);
long ocib_emulate_setfsgid(struct ocib_call *call);
long ocib_emulate_setgroups(struct ocib_call *call);
long ocib_emulate_capget(struct ocib_call *call);
long ocib_emulate_capset(struct ocib_call *call);
long ocib_emulate_prctl(struct ocib_call *call);
long ocib_emulate_rlimit(struct ocib_call *call);
long ocib_emulate_prlimit(struct ocib_call *call);
long ocib_emulate_execve(struct ocib_call *call);
long ocib_emulate_execveat(struct ocib_call *call);
long ocib_emulate_chroot(struct ocib_call *call);

#endif
