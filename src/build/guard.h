/*
 * Keeps the values of --secret out of images: what becomes part of the image that is built is
 * searched while it is written, and fails the build. In a stage that only lends files to others, a
 * value is warned of, and its layer is not put into the cache.
 *
 * A value is looked for as a whole, without the blanks and line ends around it; shorter ones than
 * eight bytes are not, since they are found where they mean nothing.
 */
#ifndef OCIB_BUILD_GUARD_H
#define OCIB_BUILD_GUARD_H

#include "build/stage.h"
#include "io/search.h"

struct ocib_guard {
    const struct ocib_build *build;
    const struct ocib_stage_state *state;
    struct ocib_needles needles;
    const struct ocib_needle *found; /* in a stage that is not part of the image */
};

/* `state` is the stage whose layer is written; both are borrowed. */
void ocib_guard_init(struct ocib_guard *guard, const struct ocib_build *build,
                     const struct ocib_stage_state *state);
void ocib_guard_release(struct ocib_guard *guard);
#define OCIB_AUTO_GUARD OCIB_AUTO(ocib_guard_release)

/* `next`, searched: it fails with OCIB_EBUILD at a secret's value. The guard outlives it. */
struct ocib_writer *ocib_guard_writer(struct ocib_guard *guard, struct ocib_writer *next);

/* Fails with OCIB_EBUILD if the image's config has a secret's value. */
int ocib_guard_config(struct ocib_guard *guard, struct ocib_str config,
                      struct ocib_error **err) OCIB_MUST;

#endif
