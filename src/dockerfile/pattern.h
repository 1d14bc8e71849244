/*
 * The patterns of ${NAME#p}, ${NAME%p} and ${NAME/p/r}: "*" is any run of characters, "?" is one,
 * "\" takes the next one literally; all others stand for themselves, brackets too.
 */
#ifndef OCIB_DOCKERFILE_PATTERN_H
#define OCIB_DOCKERFILE_PATTERN_H

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>

struct ocib_pattern {
    struct ocib_str text;
    bool longest; /* of what fits, take the longest, not the shortest */
};
/* Appends the value without the beginning that fits. */
int ocib_pattern_trim_prefix(const struct ocib_pattern *pattern, struct ocib_str value,
                             struct ocib_buf *out, struct ocib_error **err) OCIB_MUST;
/* The same at its end. */
int ocib_pattern_trim_suffix(const struct ocib_pattern *pattern, struct ocib_str value,
                             struct ocib_buf *out, struct ocib_error **err) OCIB_MUST;

struct ocib_pattern_change {
    struct ocib_str pattern;
    struct ocib_str with;
    bool all;   /* not only the first */
    size_t max; /* stops early once `out` is longer */
};
/* Appends the value with the longest part that fits replaced. */
int ocib_pattern_replace(const struct ocib_pattern_change *change, struct ocib_str value,
                         struct ocib_buf *out, struct ocib_error **err) OCIB_MUST;

#endif
