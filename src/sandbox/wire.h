/*
 * What the builder tells a sandbox child, and what the child says in return, over one stream
 * socket. Both sides are the same program, so numbers are in the machine's own order; sizes are
 * bounded all the same, since what a step passes (arguments, environment) comes from outside.
 *
 * Builder to child: one specification. Child to builder: at most one record, the first counts: an
 * error that kept the step from starting, or the wait status of the step's command. (Before it
 * goes one byte with the child's pidfd, see server.h.)
 */
#ifndef OCIB_SANDBOX_WIRE_H
#define OCIB_SANDBOX_WIRE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* argv[0] of the process that children are forked from, and their name. */
#define OCIB_SERVER_NAME "ocib-sandbox"

/* The descriptors of children, and of the server its control socket. */
enum {
    OCIB_CHILD_CONTROL = 3,
    OCIB_CHILD_ROOT = 4,
    OCIB_CHILD_MOUNTS = 5, /* and so on: the step's own mounts */
};

struct ocib_sandbox_spec {
    uint32_t uid;
    uint32_t gid;
    bool no_network;
    bool emulated;  /* ids exist in the eyes of a supervisor only */
    bool in_chroot; /* the tree is a folder, and there are no mounts */
    bool insecure;  /* no cover over /proc and /sys, device nodes work, capabilities go to all users
                     */
    bool unmasked;
    bool no_new_privileges;
    bool has_input;         /* its standard input is a descriptor of its own, after the others */
    bool has_terminal;      /* or it makes a terminal, and sends that over this descriptor */
    bool has_cgroup;        /* after the mounts comes a descriptor of its cgroup.procs */
    uint64_t caps;          /* what root of the step may have at most */
    uint64_t shm_size;      /* bytes of /dev/shm */
    struct ocib_buf limits; /* struct ocib_limit, as bytes */
    bool outer_proc;        /* the outer /proc serves if a new one is refused (mounts.h) */
    struct {
        OCIB_VEC(gid_t);
    } groups;
    char *cwd;
    char *hostname;
    struct ocib_strings mounts; /* the targets */
    struct ocib_strings argv;
    struct ocib_strings env;
    struct ocib_strings shell; /* run on a terminal if the command fails; empty: nothing is */
    struct ocib_buf filter;    /* a seccomp program: struct sock_filter, as bytes; empty: none */
};
void ocib_sandbox_spec_release(struct ocib_sandbox_spec *spec);

/* Where the descriptor for input or the terminal is; -1: there is none. */
static inline int ocib_sandbox_input_fd(const struct ocib_sandbox_spec *spec)
{
    bool any = spec->has_input || spec->has_terminal || spec->shell.len;
    return any ? OCIB_CHILD_MOUNTS + (int)spec->mounts.len + spec->has_cgroup : -1;
}

/* Most bytes of a specification; more is refused when it is written and when it is read. */
enum { OCIB_SPEC_MAX = 32 << 20 };

int ocib_sandbox_spec_encode(const struct ocib_sandbox_spec *spec, struct ocib_buf *out,
                             struct ocib_error **err) OCIB_MUST;
/* Reads the body of a specification (what follows its length). */
int ocib_sandbox_spec_decode(struct ocib_str body, struct ocib_sandbox_spec *out,
                             struct ocib_error **err) OCIB_MUST;
/* Reads length and body from the control socket. */
int ocib_sandbox_spec_receive(int fd, struct ocib_sandbox_spec *out,
                              struct ocib_error **err) OCIB_MUST;

/* Most bytes of a record: longer messages are cut. */
enum { OCIB_RECORD_MAX = 4096 };

/* Sends a record; that nobody listens is no failure, since nobody could be told. */
void ocib_sandbox_report_error(int fd, const struct ocib_error *err);
void ocib_sandbox_report_status(int fd, int wait_status);

/* The first record in `bytes`: 1 and *wait_status, 0 if there is none, -1 and its error. */
int ocib_sandbox_report_parse(struct ocib_str bytes, int *wait_status,
                              struct ocib_error **err) OCIB_MUST;

#endif
