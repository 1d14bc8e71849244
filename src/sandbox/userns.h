/*
 * Mode userns: becoming root of a new user namespace that has the user's subordinate ids.
 *
 * A helper process makes the namespace, gets its maps by newuidmap(1) and newgidmap(1), and tries
 * there whether steps can run. Only then does this process join, which is the one step that can't
 * be undone: a failure before leaves it as it was. Nothing of the helper stays.
 */
#ifndef OCIB_SANDBOX_USERNS_H
#define OCIB_SANDBOX_USERNS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* How many ids /etc/subuid and /etc/subgid give to this user; fails as entering would if there are
 * none. Root needs none, and gets what its user namespace has. */
int ocib_userns_count_ids(uint64_t *users, uint64_t *groups, struct ocib_error **err) OCIB_MUST;

/* Only tries it. */
int ocib_userns_try(struct ocib_error **err) OCIB_MUST;

/* The process must have one thread. Its root, working folder and open files stay as they are; its
 * mount namespace is a private copy. *late: the failure came too late to go on as before. */
int ocib_userns_enter(bool *late, struct ocib_error **err) OCIB_MUST;

#endif
