/*
 * Mode single: a user namespace that has one id, which any process may map without help: its own,
 * as root. No subordinate ids, no newuidmap, and no_new_privs may be set. All other ids exist in
 * the eyes of supervisors only, see supervise.h.
 */
#ifndef OCIB_SANDBOX_SINGLE_H
#define OCIB_SANDBOX_SINGLE_H

#include "base/error.h"

#include <stdbool.h>

/* The functions of a row of the table of modes, see modes.h. */
int ocib_single_try(struct ocib_error **err) OCIB_MUST;
int ocib_single_enter(bool *late, struct ocib_error **err) OCIB_MUST;

#endif
