/* What an ocib_sandbox holds; inside this part only. All of it is fixed after ocib_sandbox_enter()
 * but the filter, which the first step makes. So steps may run from several threads at once. */
#ifndef OCIB_SANDBOX_STATE_H
#define OCIB_SANDBOX_STATE_H

#include "base/buf.h"
#include "sandbox/sandbox.h"
#include "sandbox/server.h"

#include <stdatomic.h>

struct ocib_sandbox {
    enum ocib_sandbox_mode mode;
    bool in_userns;
    bool emulates; /* in mode none: owners of files are recorded in them */
    bool was_root; /* of the machine, before the mode was entered */
    char *why;
    atomic_bool told;                  /* what a step can't have in mode chroot */
    struct ocib_server server;         /* not started in mode none */
    _Atomic(struct ocib_buf *) filter; /* NULL: not made yet */
};

#endif
