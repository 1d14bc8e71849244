/*
 * Capabilities of a step: Docker's default set, what a container gets there without --privileged.
 */
#ifndef OCIB_SANDBOX_CAPS_H
#define OCIB_SANDBOX_CAPS_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stdint.h>

/* The set as bits of capability numbers: 0xa80425fb. */
uint64_t ocib_caps_default(void);

/* Takes from the bounding set of this thread what `keep` does not name. -1 with errno. */
int ocib_caps_bound(uint64_t keep) OCIB_MUST;
/* Permitted and effective become what of `keep` this process has; inheritable and ambient empty. */
int ocib_caps_limit(uint64_t keep) OCIB_MUST;
/* The effective set; 0 if it can't be read. */
uint64_t ocib_caps_effective(void);

#endif
