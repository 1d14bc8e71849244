/*
 * Bytes of a Dockerfile to the AST (Dockerfile reference, "Format" and "Parser directives";
 * BuildKit's behaviour where the reference is silent). Pure: no file system, no network. Takes time
 * in proportion to the text; limits are at the top of parse.c.
 *
 * Every mistake is an error of code OCIB_EDOCKERFILE with its place. What is refused here is what
 * can be known without values of variables: instructions, flags, numbers of arguments, forms.
 */
#ifndef OCIB_DOCKERFILE_PARSE_H
#define OCIB_DOCKERFILE_PARSE_H

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "base/str.h"
#include "dockerfile/ast.h"

/*
 * `name` is what messages call the file. The text is copied. `log` (may be NULL) is told of the
 * syntax directive at debug level, and warned of empty lines in continuations.
 */
struct ocib_dockerfile *ocib_dockerfile_parse(const char *name, struct ocib_str text,
                                              const struct ocib_log *log,
                                              struct ocib_error **err) OCIB_MUST;

/*
 * One instruction that comes from an image's config (ONBUILD). All its spans are `at`, since the
 * user's file has no better place.
 */
struct ocib_dockerfile *ocib_dockerfile_parse_trigger(struct ocib_str text, struct ocib_span at,
                                                      struct ocib_error **err) OCIB_MUST;

void ocib_dockerfile_free(struct ocib_dockerfile *file);
OCIB_DEFINE_CLEANUP(ocib_dockerfile, struct ocib_dockerfile, ocib_dockerfile_free)

#endif
