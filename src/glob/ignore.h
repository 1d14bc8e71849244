/*
 * .dockerignore: moby's pattern rules (order, "!", "**", leading and trailing slash, "." and "..",
 * comments, escapes, classes as Go's filepath.Match).
 */
#ifndef OCIB_GLOB_IGNORE_H
#define OCIB_GLOB_IGNORE_H

#include "base/error.h"
#include "base/span.h"

#include <stdbool.h>

struct ocib_ignore;
/* Owns the source that it makes; errors carry spans into it. */
struct ocib_ignore *ocib_ignore_parse(const char *name, struct ocib_str text,
                                      struct ocib_error **err) OCIB_MUST;
void ocib_ignore_free(struct ocib_ignore *ignore);
OCIB_DEFINE_CLEANUP(ocib_ignore, struct ocib_ignore, ocib_ignore_free)

/* Is this path (relative, no leading slash) left out? `rule` (may be NULL) gets the line that
 * decided. */
bool ocib_ignore_match(const struct ocib_ignore *ignore, struct ocib_str path, bool is_dir,
                       struct ocib_span *rule);
/* False if no "!" rule can match anything below an excluded folder: it need not be walked. */
bool ocib_ignore_may_include_below(const struct ocib_ignore *ignore, struct ocib_str dir);

#endif
