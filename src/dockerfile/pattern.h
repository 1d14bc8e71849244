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

/* Appends the value without its shortest (longest) beginning that fits. */
int ocib_pattern_trim_prefix(struct ocib_str pattern, struct ocib_str value, bool longest,
                             struct ocib_buf *out, struct ocib_error **err) OCIB_MUST;
/* The same at its end. */
int ocib_pattern_trim_suffix(struct ocib_str pattern, struct ocib_str value, bool longest,
                             struct ocib_buf *out, struct ocib_error **err) OCIB_MUST;
/*
 * Appends the value with the first (or each) longest part that fits replaced. Stops early once
 * `out` is longer than `max`.
 */
int ocib_pattern_replace(struct ocib_str pattern, struct ocib_str value, struct ocib_str with,
                         bool all, size_t max, struct ocib_buf *out,
                         struct ocib_error **err) OCIB_MUST;

#endif
