/*
 * The seccomp filter of steps: what Docker's default profile lets a container with the default
 * capabilities do. Made once, and handed to each step as bytes.
 *
 * Calls of the list "allowed" pass, a few more with certain arguments only; calls of the list
 * "refused" give EPERM; every other, so those newer than these lists, gives ENOSYS, on which
 * programs fall back to older calls.
 *
 * libseccomp knows the numbers of the calls on each architecture. The program itself is put
 * together here, as a search tree over ranges of numbers: libseccomp's own generator takes some ten
 * milliseconds for two architectures (more than a whole step) and makes a program that every call
 * of a step walks for longer.
 */
#ifndef OCIB_SANDBOX_SECCOMP_H
#define OCIB_SANDBOX_SECCOMP_H

#include "base/buf.h"
#include "base/error.h"
#include "base/vec.h"
#include "emulate/supervisor.h"

#include <stdbool.h>
#include <stdint.h>

/* False if the program was built without libseccomp. */
bool ocib_seccomp_available(void);

/*
 * The filter for this machine's architecture and its 32-bit one, as struct sock_filter bytes;
 * empty without libseccomp. `emulations`: allowed calls that go to a supervisor (see
 * emulate/supervisor.h); NULL: none. 32-bit programs' calls never go there. `caps` are what the
 * step may have: some calls are refused without, and left to the kernel to decide with a
 * capability.
 */
int ocib_seccomp_build(const struct ocib_emulations *emulations, uint64_t caps,
                       struct ocib_buf *out, struct ocib_error **err) OCIB_MUST;
/* A filter that hands over these calls and lets all others pass. */
int ocib_seccomp_build_open(const struct ocib_emulations *emulations, struct ocib_buf *out,
                            struct ocib_error **err) OCIB_MUST;

/* What happens to a call. */
enum ocib_verdict {
    OCIB_VERDICT_UNKNOWN, /* ENOSYS */
    OCIB_VERDICT_ALLOW,
    OCIB_VERDICT_REFUSE,      /* EPERM */
    OCIB_VERDICT_CLONE,       /* EPERM if its first argument asks for a new namespace */
    OCIB_VERDICT_PERSONALITY, /* EPERM if the first argument is not one of the usual values */
    OCIB_VERDICT_SOCKET,      /* EPERM if the first argument is AF_VSOCK */
    /* To the supervisor: always, if open flags (the second or third argument) make a file, for some
     * options of prctl(2), for RLIMIT_LOCKS as the first or second argument. */
    OCIB_VERDICT_NOTIFY,
    OCIB_VERDICT_NOTIFY_CREATES_1,
    OCIB_VERDICT_NOTIFY_CREATES_2,
    OCIB_VERDICT_NOTIFY_PRCTL,
    OCIB_VERDICT_NOTIFY_LINKS_3,
    OCIB_VERDICT_NOTIFY_LOCKS_0,
    OCIB_VERDICT_NOTIFY_LOCKS_1,
};

/* The lists: names separated by blanks, in groups, ended by NULL. */
struct ocib_syscall_list {
    enum ocib_verdict verdict;
    const char *const *groups;
};
/* All lists; the last has NULL groups. */
const struct ocib_syscall_list *ocib_seccomp_lists(void);

/* Calls that pass if the step may have one of some capabilities, whatever the lists say. */
struct ocib_privileged_calls {
    uint64_t caps;
    const char *names; /* separated by blanks; NULL ends the table */
};
const struct ocib_privileged_calls *ocib_seccomp_privileged(void);

struct ocib_number_verdict {
    uint32_t number;
    enum ocib_verdict verdict;
};
/* The calls of one architecture, in any order. */
struct ocib_verdicts {
    uint32_t audit_arch;    /* AUDIT_ARCH_* of <linux/audit.h> */
    enum ocib_verdict rest; /* on calls that are not listed */
    OCIB_VEC(struct ocib_number_verdict);
};

/* Appends the program for one or more architectures. Sorts the verdicts. */
void ocib_filter_generate(struct ocib_verdicts *arches, size_t count, struct ocib_buf *out);

#endif
