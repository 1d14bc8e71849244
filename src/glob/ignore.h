/*
 * .dockerignore: moby's pattern rules (order, "!", "**", leading and trailing slash, "." and "..",
 * comments, escapes, classes as Go's filepath.Match), as BuildKit applies them while it walks a
 * context. A parsed file is constant: any thread may match against it. Matching takes time in
 * proportion to the path's length, whatever the pattern.
 * (https://docs.docker.com/build/concepts/context/#dockerignore-files,
 * github.com/moby/patternmatcher)
 */
#ifndef OCIB_GLOB_IGNORE_H
#define OCIB_GLOB_IGNORE_H

#include "base/error.h"
#include "base/span.h"
#include "base/vec.h"

#include <stdbool.h>

struct ocib_ignore;
/*
 * Owns the source that it makes; errors (OCIB_EINPUT) carry spans into it, whose text they copy. A
 * malformed pattern is an error, and so is a line of 64 KiB or more, as for Docker.
 */
struct ocib_ignore *ocib_ignore_parse(const char *name, struct ocib_str text,
                                      struct ocib_error **err) OCIB_MUST;
/*
 * The same of patterns that stand alone, as BuildKit's matcher takes those of COPY --exclude: a
 * leading "#" or "/" means nothing in particular. Empty ones count for nothing. Rules, and errors
 * (OCIB_EDOCKERFILE), have no spans.
 */
struct ocib_ignore *ocib_ignore_of_patterns(const struct ocib_strings *patterns,
                                            struct ocib_error **err) OCIB_MUST;
void ocib_ignore_free(struct ocib_ignore *ignore);
OCIB_DEFINE_CLEANUP(ocib_ignore, struct ocib_ignore, ocib_ignore_free)

/*
 * Is this path (relative, clean, no leading slash) left out? The rules are the same for files and
 * folders. `rule` (may be NULL) gets the line that decided, if there is one.
 */
bool ocib_ignore_match(const struct ocib_ignore *ignore, struct ocib_str path, bool is_dir,
                       struct ocib_span *rule);
/* False if no "!" rule can match anything below an excluded folder: it need not be walked. */
bool ocib_ignore_may_include_below(const struct ocib_ignore *ignore, struct ocib_str dir);

/*
 * The same for a walk, without matching each folder anew for all that is in it. What rules matched
 * a folder is kept in an array of ocib_ignore_rules() booleans, zeroed for the root.
 */
size_t ocib_ignore_rules(const struct ocib_ignore *ignore);
struct ocib_ignored {
    bool excluded;
    ptrdiff_t rule; /* the rule that decided, or -1 */
};
/* `parent` and `matched` don't overlap; `matched` may be NULL for what isn't a folder. */
struct ocib_ignored ocib_ignore_match_in(const struct ocib_ignore *ignore, const bool *parent,
                                         struct ocib_str path, bool *matched);
/* The same for a path from the root on: what a walk that begins there has for its parent. */
struct ocib_ignored ocib_ignore_match_path(const struct ocib_ignore *ignore, struct ocib_str path,
                                           bool *matched);
/* May something below this folder be included, though `rule` excludes it? */
bool ocib_ignore_may_include_after(const struct ocib_ignore *ignore, struct ocib_str dir,
                                   ptrdiff_t rule);
struct ocib_span ocib_ignore_rule_span(const struct ocib_ignore *ignore, ptrdiff_t rule);

#endif
