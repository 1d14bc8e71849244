/*
 * The supervisor: answers calls that a seccomp filter hands over instead of making them
 * (seccomp_unotify(2)). This is its core: it takes calls, reads and writes the callers' memory,
 * finds what they mean by a path, and hands descriptors over. Which calls there are and what they
 * do is in a table of handlers; the core knows none of them.
 *
 * It has no more privilege than its callers: it runs as the same user, in the same user and mount
 * namespace, with capabilities that they have. So what a caller can achieve by changing memory or
 * links while a call is looked at is what it could have done by itself. Callers can't reach it: it
 * is process 1 of their pid namespace (which takes no signals from inside, and is not dumpable) or
 * outside of that.
 *
 * One thread, whose working folder and root folder the supervisor changes. A call that nothing is
 * known about goes on as if there were no supervisor.
 */
#ifndef OCIB_EMULATE_SUPERVISOR_H
#define OCIB_EMULATE_SUPERVISOR_H

#include "base/buf.h"
#include "base/error.h"
#include "emulate/creds.h"

#include <limits.h>
#include <stdint.h>

/* When a call is handed over. */
enum ocib_when {
    OCIB_WHEN_NEVER,
    OCIB_WHEN_ALWAYS,
    OCIB_WHEN_CREATES_1, /* its second argument has open flags that make a file */
    OCIB_WHEN_CREATES_2, /* its third */
    OCIB_WHEN_PRCTL,     /* its first is PR_GET_NO_NEW_PRIVS, PR_GET_KEEPCAPS or PR_SET_KEEPCAPS */
    OCIB_WHEN_LINKS_3,   /* its fourth has AT_SYMLINK_NOFOLLOW */
    OCIB_WHEN_LOCKS_0,   /* its first is RLIMIT_LOCKS */
    OCIB_WHEN_LOCKS_1,   /* its second */
};

struct ocib_call;
struct ocib_emulation {
    /* The call's result or a negative errno, or one of the two below. */
    long (*handle)(struct ocib_call *call);
    enum ocib_when when;
};
#define OCIB_CALL_GOES_ON     LONG_MIN       /* the kernel makes it */
#define OCIB_CALL_IS_ANSWERED (LONG_MIN + 1) /* the handler has answered it */

/* By the number of the call on this machine. */
struct ocib_emulations {
    const struct ocib_emulation *items;
    size_t count;
};

/* The calls of a step, and those of a builder that only looks at trees and writes them. */
const struct ocib_emulations *ocib_emulate_step(void);
const struct ocib_emulations *ocib_emulate_builder(void);

/* Sets a filter (struct sock_filter, as bytes) for this thread and returns the descriptor by which
 * its calls are taken; -1 with errno. */
int ocib_supervisor_attach(const struct ocib_buf *filter) OCIB_MUST;

struct ocib_supervisor;
/* `listener` is taken. `proc_fd` (borrowed) is a /proc of this process's pid namespace or of one
 * around it. `first`: what processes have at first; `bound`: all that they can have. */
struct ocib_supervisor_options {
    int listener;
    int proc_fd;
    const struct ocib_emulations *emulations;
    const struct ocib_creds *first;
    uint64_t bound;
    bool no_new_privileges; /* set-id bits are without effect */
};
struct ocib_supervisor *ocib_supervisor_new(const struct ocib_supervisor_options *options,
                                            struct ocib_error **err) OCIB_MUST;
void ocib_supervisor_free(struct ocib_supervisor *supervisor);
/* Answers calls until no process is left that makes any. -1 with errno if calls can't be taken. */
int ocib_supervisor_run(struct ocib_supervisor *supervisor) OCIB_MUST;

#endif
