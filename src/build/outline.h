/*
 * What can be given to a build, read from its Dockerfile without building: plan/outline.h, of the
 * file that a request names. No registry is asked: base images that the store lacks count as if
 * their configs were empty.
 */
#ifndef OCIB_BUILD_OUTLINE_H
#define OCIB_BUILD_OUTLINE_H

#include "build/build.h"
#include "plan/outline.h"

struct ocib_build_description {
    struct ocib_plan_outline outline; /* with ocib_build_outline() */
    struct ocib_plan_targets targets; /* with ocib_build_targets() */
    struct ocib_buf source;           /* the Dockerfile */
};
void ocib_build_description_release(struct ocib_build_description *description);

/* What the target takes. */
int ocib_build_outline(const struct ocib_build_env *env, const struct ocib_build_request *request,
                       struct ocib_build_description *out, struct ocib_error **err) OCIB_MUST;
/* The stages of the file. */
int ocib_build_targets(const struct ocib_build_env *env, const struct ocib_build_request *request,
                       struct ocib_build_description *out, struct ocib_error **err) OCIB_MUST;

#endif
