/*
 * Capabilities of a step: Docker's default set, what a container gets there without --privileged.
 */
#ifndef OCIB_SANDBOX_CAPS_H
#define OCIB_SANDBOX_CAPS_H

#include "base/cleanup.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* The set as bits of capability numbers: 0xa80425fb. */
uint64_t ocib_caps_default(void);
/* Every capability that this program knows by name. */
uint64_t ocib_caps_all(void);
/* The bit of "SYS_ADMIN" or "CAP_SYS_ADMIN", in either case; "ALL" is all of them. */
bool ocib_caps_parse(struct ocib_str name, uint64_t *out) OCIB_MUST;
/* The name without CAP_ that is nearest to a misspelt one, or NULL. */
const char *ocib_caps_nearest(struct ocib_str name);

/* Takes from the bounding set of this thread what `keep` does not name. -1 with errno. */
int ocib_caps_bound(uint64_t keep) OCIB_MUST;
/* Permitted and effective become what of `keep` this process has; inheritable and ambient empty. */
int ocib_caps_limit(uint64_t keep) OCIB_MUST;
/* What this process has permitted becomes inheritable and ambient too, so that a program that an
 * ordinary user executes has it. -1 with errno. */
int ocib_caps_spread(void) OCIB_MUST;
/* Capabilities stay permitted (though not effective) when this process gives its uid 0 up. */
int ocib_caps_keep(bool on) OCIB_MUST;
/* The effective set; 0 if it can't be read. */
uint64_t ocib_caps_effective(void);

#endif
