/*
 * The modes that steps can run in, best first: one table, for picking a mode and for telling what
 * blocks the better ones. A mode whose functions are NULL is not in this version: its name is
 * refused by name.
 *
 * Nothing here is guessed from versions. A try makes what a step would need, in a process that ends
 * with it, and its error is the obstacle: what was refused, and as its hint the remedy.
 */
#ifndef OCIB_SANDBOX_MODES_H
#define OCIB_SANDBOX_MODES_H

#include "sandbox/sandbox.h"

struct ocib_mode {
    enum ocib_sandbox_mode mode;
    const char *name;
    const char *summary; /* a few words for a person */
    /* Whether steps could run in this mode. This process stays as it is. */
    int (*try)(struct ocib_error **err);
    /*
     * Puts this process into the mode, for good; fails as `try` does, and then leaves it as it was.
     * But a failure with *late set came too late for that: no other mode can be picked after it.
     */
    int (*enter)(bool *late, struct ocib_error **err);
};

/* All that run steps, best first. */
const struct ocib_mode *ocib_modes(size_t *count);
/* NULL for AUTO and NONE, which run none. */
const struct ocib_mode *ocib_mode_find(enum ocib_sandbox_mode mode);
/* Whether this version has the mode. */
bool ocib_mode_exists(const struct ocib_mode *mode);

/* Whether the outer /proc may serve steps of this mode (mounts.h). */
bool ocib_mode_may_show_outer_proc(enum ocib_sandbox_mode mode);

/* Steps run as this process is, which is root: of the machine, of a container, or of a user
 * namespace with many ids. */
int ocib_root_try(struct ocib_error **err) OCIB_MUST;

#endif
