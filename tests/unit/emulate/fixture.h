/*
 * Runs a function in a process whose calls a supervisor answers: the supervisor is a child of the
 * test, the function runs in a child of that. The function returns 0, or the line of the check that
 * failed. It works in a new folder, which is removed afterwards.
 */
#ifndef OCIB_TEST_EMULATE_FIXTURE_H
#define OCIB_TEST_EMULATE_FIXTURE_H

#include "base/mem.h"
#include "emulate/supervisor.h"
#include "sys/fd.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s (errno: %s)\n", __FILE__, __LINE__, #condition,             \
                    strerror(errno));                                                              \
            return __LINE__;                                                                       \
        }                                                                                          \
    } while (0)

enum { FIXTURE_CAPS = 0xa80425fb };

static inline void fixture_emit(struct ocib_buf *out, struct sock_filter instruction)
{
    ocib_buf_add(out, &instruction, sizeof(instruction));
}

/* Hands over if the 32 bits at `offset` of the call are `value`. */
static inline void fixture_emit_if(struct ocib_buf *out, unsigned nr, size_t offset, uint32_t value)
{
    const unsigned skip = offset ? 4 : 1;
    fixture_emit(
        out, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, (unsigned char)skip));
    if (offset) {
        fixture_emit(out, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
        fixture_emit(out, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
    }
    fixture_emit(out, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
    if (offset) {
        /* Not reached with another number: the next test wants that loaded again. */
        fixture_emit(out, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    }
}

static inline void fixture_filter(const struct ocib_emulations *table, struct ocib_buf *out)
{
    const size_t number = offsetof(struct seccomp_data, nr);
    fixture_emit(out, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)number));
    for (size_t i = 0; i < table->count; i++) {
        enum ocib_when when = table->items[i].when;
        size_t argument = when == OCIB_WHEN_LOCKS_0   ? offsetof(struct seccomp_data, args)
                          : when == OCIB_WHEN_LOCKS_1 ? offsetof(struct seccomp_data, args) + 8
                                                      : 0;
        if (table->items[i].handle) {
            fixture_emit_if(out, (unsigned)i, argument, RLIMIT_LOCKS);
        }
    }
    fixture_emit(out, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

struct fixture {
    const struct ocib_emulations *table;
    struct ocib_creds first;
    int (*body)(void);
};

static inline int fixture_send(int socket, int fd)
{
    char byte = 'l';
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(header), &fd, sizeof(int));
    return sendmsg(socket, &message, 0) == 1 ? 0 : -1;
}

static inline int fixture_receive(int socket)
{
    char byte;
    int fd = -1;
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    if (recvmsg(socket, &message, 0) == 1 && CMSG_FIRSTHDR(&message)) {
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
    }
    return fd;
}

/* In the process whose calls are handed over. */
_Noreturn static inline void fixture_victim(const struct fixture *f, int socket)
{
    struct ocib_buf filter = {0};
    fixture_filter(f->table, &filter);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    int listener = ocib_supervisor_attach(&filter);
    ocib_buf_release(&filter);
    if (listener < 0 || fixture_send(socket, listener) < 0) {
        _exit(250);
    }
    close(listener);
    close(socket);
    int line = f->body();
    _exit(line == 0 ? 0 : 1);
}

_Noreturn static inline void fixture_supervise(const struct fixture *f)
{
    int pair[2];
    int status = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
        _exit(251);
    }
    pid_t victim = fork();
    if (victim == 0) {
        close(pair[0]);
        fixture_victim(f, pair[1]);
    }
    close(pair[1]);
    umask(0);
    const struct ocib_supervisor_options options = {
        .listener = fixture_receive(pair[0]),
        .proc_fd = open("/proc", O_PATH | O_DIRECTORY),
        .emulations = f->table,
        .first = &f->first,
        .bound = FIXTURE_CAPS,
    };
    struct ocib_supervisor *s = ocib_supervisor_new(&options, NULL);
    if (!s || ocib_supervisor_run(s) < 0) {
        _exit(252);
    }
    ocib_supervisor_free(s);
    close(options.proc_fd);
    waitpid(victim, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 253);
}

/* The status of the function: 0, or what went wrong is on standard error. */
static inline int fixture_run_as(int (*body)(void), uid_t uid, gid_t gid)
{
    struct fixture f = {.table = ocib_emulate_step(), .body = body};
    char folder[] = "/var/tmp/ocib-emulate-XXXXXX"; /* tmpfs may keep no attributes */
    int status = -1;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0);
    ocib_creds_init(&f.first, uid, gid, FIXTURE_CAPS);
    pid_t supervisor = fork();
    if (supervisor == 0) {
        if (chdir(folder) < 0) {
            _exit(254);
        }
        fixture_supervise(&f);
    }
    assert_int_equal(waitpid(supervisor, &status, 0), supervisor);
    assert_int_equal(ocib_remove_tree(AT_FDCWD, folder, NULL), 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline int fixture_run(int (*body)(void))
{
    return fixture_run_as(body, 0, 0);
}

static inline bool fixture_make(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    return fd >= 0 && close(fd) == 0;
}

/* Whether a name (not followed) has these owners, by each of the calls that tell. */
static inline bool fixture_owned(const char *name, uid_t uid, gid_t gid)
{
    struct stat a;
    struct stat b;
    struct statx c;
    OCIB_AUTO_FD int fd = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    bool same = fd >= 0 && lstat(name, &a) == 0 && fstat(fd, &b) == 0 &&
                statx(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &c) == 0;
    return same && a.st_uid == uid && a.st_gid == gid && b.st_uid == uid && b.st_gid == gid &&
           c.stx_uid == uid && c.stx_gid == gid;
}

#endif
