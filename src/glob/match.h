/*
 * Wildcards of COPY and ADD sources: the patterns of Go's filepath.Match. "*" is any run of
 * characters but "/", "?" one of them, "[a-z]" and "[^a-z]" classes, "\" takes the next character
 * literally. (https://pkg.go.dev/path/filepath#Match; Dockerfile reference, COPY.)
 */
#ifndef OCIB_GLOB_MATCH_H
#define OCIB_GLOB_MATCH_H

#include "base/cleanup.h"
#include "base/str.h"

#include <stdbool.h>

/* Is the pattern well-formed? */
bool ocib_glob_valid(struct ocib_str pattern);
/* Has this text a character that makes it a pattern: * ? or [, without a backslash before it? */
bool ocib_glob_is_pattern(struct ocib_str text);

struct ocib_glob;
/* A compiled pattern, for any number of matches by any thread; NULL if it is malformed. */
struct ocib_glob *ocib_glob_new(struct ocib_str pattern) OCIB_MUST;
void ocib_glob_free(struct ocib_glob *glob);
OCIB_DEFINE_CLEANUP(ocib_glob, struct ocib_glob, ocib_glob_free)
/* Has it a class such as "[z-a]", which matches nothing? To the matcher of ignore rules, which
 * BuildKit also gives the patterns for a context to, that is an error. */
bool ocib_glob_has_backward_range(const struct ocib_glob *glob);
bool ocib_glob_match(const struct ocib_glob *glob, struct ocib_str path);
/* Can something below this folder match? False spares the walk of it. */
bool ocib_glob_may_match_below(const struct ocib_glob *glob, struct ocib_str dir);

#endif
