/*
 * A few threads for a list of equal pieces of work. The first failure wins and tells the others to
 * stop; all have ended when the call returns.
 */
#ifndef OCIB_REGISTRY_JOBS_H
#define OCIB_REGISTRY_JOBS_H

#include "base/error.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct ocib_jobs {
    size_t count;
    unsigned threads; /* at most */
    /* The i-th piece. `stop` becomes true when another one has failed. */
    int (*run)(void *data, size_t i, const atomic_bool *stop, struct ocib_error **err);
    void *data;
};

int ocib_jobs_run(const struct ocib_jobs *jobs, struct ocib_error **err) OCIB_MUST;

#endif
