/* The tables: which calls are handed over, and to whom. */
#include "emulate/call.h"

#include "base/cleanup.h"

#include <sys/syscall.h>

static const struct ocib_emulation step[] = {
#ifdef SYS_chown
    [SYS_chown] = {ocib_emulate_chown, OCIB_WHEN_ALWAYS},
    [SYS_lchown] = {ocib_emulate_lchown, OCIB_WHEN_ALWAYS},
    [SYS_stat] = {ocib_emulate_stat, OCIB_WHEN_ALWAYS},
    [SYS_lstat] = {ocib_emulate_lstat, OCIB_WHEN_ALWAYS},
    [SYS_readlink] = {ocib_emulate_readlink, OCIB_WHEN_ALWAYS},
    [SYS_open] = {ocib_emulate_open, OCIB_WHEN_CREATES_1},
    [SYS_creat] = {ocib_emulate_creat, OCIB_WHEN_ALWAYS},
    [SYS_mkdir] = {ocib_emulate_mkdir, OCIB_WHEN_ALWAYS},
    [SYS_mknod] = {ocib_emulate_mknod, OCIB_WHEN_ALWAYS},
    [SYS_symlink] = {ocib_emulate_symlink, OCIB_WHEN_ALWAYS},
#endif
    [SYS_fchown] = {ocib_emulate_fchown, OCIB_WHEN_ALWAYS},
    [SYS_fchownat] = {ocib_emulate_fchownat, OCIB_WHEN_ALWAYS},
    [SYS_fstat] = {ocib_emulate_fstat, OCIB_WHEN_ALWAYS},
    [SYS_newfstatat] = {ocib_emulate_fstatat, OCIB_WHEN_ALWAYS},
    [SYS_statx] = {ocib_emulate_statx, OCIB_WHEN_ALWAYS},
    [SYS_utimensat] = {ocib_emulate_utimensat, OCIB_WHEN_LINKS_3},
    [SYS_readlinkat] = {ocib_emulate_readlinkat, OCIB_WHEN_ALWAYS},
    [SYS_listxattr] = {ocib_emulate_listxattr, OCIB_WHEN_ALWAYS},
    [SYS_llistxattr] = {ocib_emulate_llistxattr, OCIB_WHEN_ALWAYS},
    [SYS_flistxattr] = {ocib_emulate_flistxattr, OCIB_WHEN_ALWAYS},
    [SYS_openat] = {ocib_emulate_openat, OCIB_WHEN_CREATES_2},
    [SYS_openat2] = {ocib_emulate_openat2, OCIB_WHEN_ALWAYS},
    [SYS_mkdirat] = {ocib_emulate_mkdirat, OCIB_WHEN_ALWAYS},
    [SYS_mknodat] = {ocib_emulate_mknodat, OCIB_WHEN_ALWAYS},
    [SYS_symlinkat] = {ocib_emulate_symlinkat, OCIB_WHEN_ALWAYS},
    [SYS_getuid] = {ocib_emulate_getuid, OCIB_WHEN_ALWAYS},
    [SYS_geteuid] = {ocib_emulate_geteuid, OCIB_WHEN_ALWAYS},
    [SYS_getgid] = {ocib_emulate_getgid, OCIB_WHEN_ALWAYS},
    [SYS_getegid] = {ocib_emulate_getegid, OCIB_WHEN_ALWAYS},
    [SYS_getresuid] = {ocib_emulate_getresuid, OCIB_WHEN_ALWAYS},
    [SYS_getresgid] = {ocib_emulate_getresgid, OCIB_WHEN_ALWAYS},
    [SYS_getgroups] = {ocib_emulate_getgroups, OCIB_WHEN_ALWAYS},
    [SYS_setuid] = {ocib_emulate_setuid, OCIB_WHEN_ALWAYS},
    [SYS_setgid] = {ocib_emulate_setgid, OCIB_WHEN_ALWAYS},
    [SYS_setreuid] = {ocib_emulate_setreuid, OCIB_WHEN_ALWAYS},
    [SYS_setregid] = {ocib_emulate_setregid, OCIB_WHEN_ALWAYS},
    [SYS_setresuid] = {ocib_emulate_setresuid, OCIB_WHEN_ALWAYS},
    [SYS_setresgid] = {ocib_emulate_setresgid, OCIB_WHEN_ALWAYS},
    [SYS_setfsuid] = {ocib_emulate_setfsuid, OCIB_WHEN_ALWAYS},
    [SYS_setfsgid] = {ocib_emulate_setfsgid, OCIB_WHEN_ALWAYS},
    [SYS_setgroups] = {ocib_emulate_setgroups, OCIB_WHEN_ALWAYS},
    [SYS_capget] = {ocib_emulate_capget, OCIB_WHEN_ALWAYS},
    [SYS_capset] = {ocib_emulate_capset, OCIB_WHEN_ALWAYS},
    [SYS_prctl] = {ocib_emulate_prctl, OCIB_WHEN_PRCTL},
    [SYS_getrlimit] = {ocib_emulate_rlimit, OCIB_WHEN_LOCKS_0},
    [SYS_setrlimit] = {ocib_emulate_rlimit, OCIB_WHEN_LOCKS_0},
    [SYS_prlimit64] = {ocib_emulate_prlimit, OCIB_WHEN_LOCKS_1},
    [SYS_execve] = {ocib_emulate_execve, OCIB_WHEN_ALWAYS},
    [SYS_execveat] = {ocib_emulate_execveat, OCIB_WHEN_ALWAYS},
    [SYS_chroot] = {ocib_emulate_chroot, OCIB_WHEN_ALWAYS},
};

/* The builder makes files as root and gives them away then, but for folders, which it lets inherit
 * groups; it makes no device nodes. */
static const struct ocib_emulation builder[] = {
#ifdef SYS_chown
    [SYS_chown] = {ocib_emulate_chown, OCIB_WHEN_ALWAYS},
    [SYS_lchown] = {ocib_emulate_lchown, OCIB_WHEN_ALWAYS},
    [SYS_stat] = {ocib_emulate_stat, OCIB_WHEN_ALWAYS},
    [SYS_lstat] = {ocib_emulate_lstat, OCIB_WHEN_ALWAYS},
    [SYS_readlink] = {ocib_emulate_readlink, OCIB_WHEN_ALWAYS},
    [SYS_mkdir] = {ocib_emulate_mkdir, OCIB_WHEN_ALWAYS},
#endif
    [SYS_fchown] = {ocib_emulate_fchown, OCIB_WHEN_ALWAYS},
    [SYS_fchownat] = {ocib_emulate_fchownat, OCIB_WHEN_ALWAYS},
    [SYS_fstat] = {ocib_emulate_fstat, OCIB_WHEN_ALWAYS},
    [SYS_newfstatat] = {ocib_emulate_fstatat, OCIB_WHEN_ALWAYS},
    [SYS_statx] = {ocib_emulate_statx, OCIB_WHEN_ALWAYS},
    [SYS_utimensat] = {ocib_emulate_utimensat, OCIB_WHEN_LINKS_3},
    [SYS_mkdirat] = {ocib_emulate_mkdirat, OCIB_WHEN_ALWAYS},
    [SYS_readlinkat] = {ocib_emulate_readlinkat, OCIB_WHEN_ALWAYS},
    [SYS_listxattr] = {ocib_emulate_listxattr, OCIB_WHEN_ALWAYS},
    [SYS_llistxattr] = {ocib_emulate_llistxattr, OCIB_WHEN_ALWAYS},
    [SYS_flistxattr] = {ocib_emulate_flistxattr, OCIB_WHEN_ALWAYS},
};

const struct ocib_emulations *ocib_emulate_step(void)
{
    static const struct ocib_emulations table = {step, OCIB_COUNT(step)};
    return &table;
}

const struct ocib_emulations *ocib_emulate_builder(void)
{
    static const struct ocib_emulations table = {builder, OCIB_COUNT(builder)};
    return &table;
}
