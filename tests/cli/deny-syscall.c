/*
 * Runs a command whose use of one system call fails: deny-syscall NAME EPERM|ENOSYS COMMAND...
 * As container engines' seccomp profiles do it. Root needs no no_new_privs for it, so that set-uid
 * programs keep working. Status 77: this libc doesn't know the call.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *name;
    long number;
} calls[] = {
    {"unshare", SYS_unshare},
    {"mount", SYS_mount},
    {"statx", SYS_statx},
    {"copy_file_range", SYS_copy_file_range},
    {"memfd_create", SYS_memfd_create},
    {"execveat", SYS_execveat},
    {"setns", SYS_setns},
#ifdef SYS_clone3
    {"clone3", SYS_clone3},
#endif
#ifdef SYS_open_tree
    {"open_tree", SYS_open_tree},
    {"move_mount", SYS_move_mount},
    {"fsopen", SYS_fsopen},
    {"fsconfig", SYS_fsconfig},
    {"fsmount", SYS_fsmount},
#endif
#ifdef SYS_mount_setattr
    {"mount_setattr", SYS_mount_setattr},
#endif
#ifdef SYS_openat2
    {"openat2", SYS_openat2},
#endif
#ifdef SYS_pidfd_open
    {"pidfd_open", SYS_pidfd_open},
    {"pidfd_send_signal", SYS_pidfd_send_signal},
#endif
#ifdef SYS_close_range
    {"close_range", SYS_close_range},
#endif
};

static long find(const char *name)
{
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (strcmp(calls[i].name, name) == 0) {
            return calls[i].number;
        }
    }
    return -1;
}

static int deny(long number, int error)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof(program) / sizeof(program[0]), program};
    if (geteuid() != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        return -1;
    }
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: deny-syscall NAME EPERM|ENOSYS COMMAND...\n");
        return 2;
    }
    long number = find(argv[1]);
    if (number < 0) {
        fprintf(stderr, "deny-syscall: %s is not known\n", argv[1]);
        return 77;
    }
    if (deny(number, strcmp(argv[2], "EPERM") == 0 ? EPERM : ENOSYS) < 0) {
        perror("deny-syscall: seccomp");
        return 2;
    }
    execvp(argv[3], argv + 3);
    perror("deny-syscall: exec");
    return 2;
}
