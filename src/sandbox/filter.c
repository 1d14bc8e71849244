#include "sandbox/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* The lower half of a call's argument, which is all that the calls below look at. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ARGUMENT(i) (offsetof(struct seccomp_data, args) + (i)*8 + 4)
#else
#define ARGUMENT(i) (offsetof(struct seccomp_data, args) + (i)*8)
#endif

#if defined(__s390__)
enum { CLONE_FLAGS_AT = 1 };
#else
enum { CLONE_FLAGS_AT = 0 };
#endif

enum {
    NEW_NAMESPACES = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                     CLONE_NEWNET | CLONE_NEWCGROUP,
};

static void emit(struct ocib_buf *out, struct sock_filter instruction)
{
    ocib_buf_add(out, &instruction, sizeof(instruction));
}

static void emit_load(struct ocib_buf *out, size_t offset)
{
    emit(out, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void emit_return(struct ocib_buf *out, uint32_t action)
{
    emit(out, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void emit_jump(struct ocib_buf *out, unsigned test, uint32_t value, unsigned char if_true,
                      unsigned char if_false)
{
    emit(out, (struct sock_filter)BPF_JUMP((unsigned short)(BPF_JMP | test | BPF_K), value, if_true,
                                           if_false));
}

static const uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
static const uint32_t unknown = SECCOMP_RET_ERRNO | ENOSYS;

/* Linux and 32-bit Linux, with the UNAME26 flag or not, and the question for the present value. */
static const uint32_t personalities[] = {0x0, 0x8, 0x20000, 0x20008, 0xffffffff};

static void emit_personality(struct ocib_buf *out)
{
    const unsigned char count = OCIB_COUNT(personalities);
    emit_load(out, ARGUMENT(0));
    for (unsigned char i = 0; i < count; i++) {
        /* Over the rest of these tests and the refusal after them. */
        emit_jump(out, BPF_JEQ, personalities[i], count - i, 0);
    }
    emit_return(out, refuse);
    emit_return(out, SECCOMP_RET_ALLOW);
}

static void emit_notify_if_creates(struct ocib_buf *out, int argument)
{
    emit_load(out, argument == 1 ? ARGUMENT(1) : ARGUMENT(2));
    emit_jump(out, BPF_JSET, O_CREAT | (O_TMPFILE & ~O_DIRECTORY), 0, 1);
    emit_return(out, SECCOMP_RET_USER_NOTIF);
    emit_return(out, SECCOMP_RET_ALLOW);
}

static void emit_notify_links(struct ocib_buf *out)
{
    emit_load(out, ARGUMENT(3));
    emit_jump(out, BPF_JSET, AT_SYMLINK_NOFOLLOW, 0, 1);
    emit_return(out, SECCOMP_RET_USER_NOTIF);
    emit_return(out, SECCOMP_RET_ALLOW);
}

static void emit_notify_locks(struct ocib_buf *out, int argument)
{
    emit_load(out, argument == 0 ? ARGUMENT(0) : ARGUMENT(1));
    emit_jump(out, BPF_JEQ, RLIMIT_LOCKS, 0, 1);
    emit_return(out, SECCOMP_RET_USER_NOTIF);
    emit_return(out, SECCOMP_RET_ALLOW);
}

static void emit_notify_prctl(struct ocib_buf *out)
{
    static const uint32_t options[] = {PR_GET_NO_NEW_PRIVS, PR_GET_KEEPCAPS, PR_SET_KEEPCAPS};
    const unsigned char count = OCIB_COUNT(options);
    emit_load(out, ARGUMENT(0));
    for (unsigned char i = 0; i < count; i++) {
        emit_jump(out, BPF_JEQ, options[i], count - i, 0);
    }
    emit_return(out, SECCOMP_RET_ALLOW);
    emit_return(out, SECCOMP_RET_USER_NOTIF);
}

static void emit_verdict(struct ocib_buf *out, enum ocib_verdict verdict)
{
    switch (verdict) {
    case OCIB_VERDICT_ALLOW:
        emit_return(out, SECCOMP_RET_ALLOW);
        return;
    case OCIB_VERDICT_REFUSE:
        emit_return(out, refuse);
        return;
    case OCIB_VERDICT_CLONE:
        emit_load(out, ARGUMENT(CLONE_FLAGS_AT));
        emit_jump(out, BPF_JSET, NEW_NAMESPACES, 0, 1);
        emit_return(out, refuse);
        emit_return(out, SECCOMP_RET_ALLOW);
        return;
    case OCIB_VERDICT_SOCKET:
        /* AF_VSOCK leads to the host of a virtual machine and has no namespace. */
        emit_load(out, ARGUMENT(0));
        emit_jump(out, BPF_JEQ, AF_VSOCK, 0, 1);
        emit_return(out, refuse);
        emit_return(out, SECCOMP_RET_ALLOW);
        return;
    case OCIB_VERDICT_PERSONALITY:
        emit_personality(out);
        return;
    case OCIB_VERDICT_UNKNOWN:
        emit_return(out, unknown);
        return;
    case OCIB_VERDICT_NOTIFY:
        emit_return(out, SECCOMP_RET_USER_NOTIF);
        return;
    case OCIB_VERDICT_NOTIFY_CREATES_1:
    case OCIB_VERDICT_NOTIFY_CREATES_2:
        emit_notify_if_creates(out, verdict == OCIB_VERDICT_NOTIFY_CREATES_1 ? 1 : 2);
        return;
    case OCIB_VERDICT_NOTIFY_PRCTL:
        emit_notify_prctl(out);
        return;
    case OCIB_VERDICT_NOTIFY_LINKS_3:
        emit_notify_links(out);
        return;
    case OCIB_VERDICT_NOTIFY_LOCKS_0:
    case OCIB_VERDICT_NOTIFY_LOCKS_1:
        emit_notify_locks(out, verdict == OCIB_VERDICT_NOTIFY_LOCKS_0 ? 0 : 1);
        return;
    }
}

/* Calls from `first` up to the next range's first have one verdict. */
struct range {
    uint32_t first;
    enum ocib_verdict verdict;
};
struct ranges {
    OCIB_VEC(struct range);
};

/* A search tree over ranges [from, to), at least one. Its depth is the logarithm of their number.
 * Conditional jumps reach 255 instructions only, so each goes to an unconditional one. */
static void emit_tree(struct ocib_buf *out, const struct ranges *ranges, size_t from, size_t to)
{
    if (to - from == 1) {
        emit_verdict(out, ranges->items[from].verdict);
        return;
    }
    size_t middle = from + (to - from) / 2;
    OCIB_AUTO_BUF struct ocib_buf lower = {0};
    emit_tree(&lower, ranges, from, middle);
    emit_jump(out, BPF_JGE, ranges->items[middle].first, 0, 1);
    emit(out, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA,
                                           (uint32_t)(lower.len / sizeof(struct sock_filter))));
    ocib_buf_add(out, lower.data, lower.len);
    emit_tree(out, ranges, middle, to);
}

static int by_number(const void *a, const void *b)
{
    const struct ocib_number_verdict *left = a;
    const struct ocib_number_verdict *right = b;
    return left->number < right->number ? -1 : left->number > right->number;
}

static void add_range(struct ranges *ranges, uint32_t first, enum ocib_verdict verdict)
{
    if (!ranges->len || ranges->items[ranges->len - 1].verdict != verdict) {
        ocib_vec_push(ranges, ((struct range){first, verdict}));
    }
}

/* From sorted verdicts; what lies between and after them is as the rest. Of equal numbers (one call
 * under two names) the first counts. */
static void make_ranges(const struct ocib_verdicts *verdicts, struct ranges *out)
{
    uint32_t next = 0;
    for (size_t i = 0; i < verdicts->len; i++) {
        struct ocib_number_verdict item = verdicts->items[i];
        if (item.number < next) {
            continue;
        }
        if (item.number > next) {
            add_range(out, next, verdicts->rest);
        }
        add_range(out, item.number, item.verdict);
        next = item.number + 1;
    }
    add_range(out, next, verdicts->rest);
}

static void emit_arch(struct ocib_buf *out, struct ocib_verdicts *verdicts)
{
    struct ranges ranges = {0};
    OCIB_AUTO_BUF struct ocib_buf tree = {0};
    if (verdicts->len) {
        qsort(verdicts->items, verdicts->len, sizeof(*verdicts->items), by_number);
    }
    make_ranges(verdicts, &ranges);
    emit_load(&tree, offsetof(struct seccomp_data, nr));
    emit_tree(&tree, &ranges, 0, ranges.len);
    ocib_vec_release(&ranges);
    emit_jump(out, BPF_JEQ, verdicts->audit_arch, 1, 0);
    emit(out, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA,
                                           (uint32_t)(tree.len / sizeof(struct sock_filter))));
    ocib_buf_add(out, tree.data, tree.len);
}

void ocib_filter_generate(struct ocib_verdicts *arches, size_t count, struct ocib_buf *out)
{
    emit_load(out, offsetof(struct seccomp_data, arch));
    for (size_t i = 0; i < count; i++) {
        emit_arch(out, &arches[i]);
    }
    emit_return(out, unknown);
}
