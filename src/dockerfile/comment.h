/*
 * Comments that describe an ARG or a stage, as "docker buildx build --call=outline" shows them:
 *
 *     # VERSION of the program, without a "v"
 *     ARG VERSION=1.2
 *
 * (Dockerfile reference, "Describing build arguments and stages" of `docker buildx build --call`.)
 */
#ifndef OCIB_DOCKERFILE_COMMENT_H
#define OCIB_DOCKERFILE_COMMENT_H

#include "base/str.h"
#include "dockerfile/ast.h"

/*
 * What the comments right above the index-th instruction say of `name`: the rest of the first line
 * that begins with it. Empty lines may stand between, a comment without text ends them. Borrowed
 * from the source; empty if there is none.
 */
struct ocib_str ocib_dockerfile_comment(const struct ocib_dockerfile *file, size_t index,
                                        struct ocib_str name);

#endif
