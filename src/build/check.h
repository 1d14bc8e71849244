/*
 * The checks (check/check.h) of a build's Dockerfile, with what they want to know of ignore file
 * and base images.
 */
#ifndef OCIB_BUILD_CHECK_H
#define OCIB_BUILD_CHECK_H

#include "build/build.h"
#include "check/check.h"

struct ocib_check_report {
    struct ocib_dockerfile *file; /* what the findings' spans point into */
    struct ocib_warnings findings;
    struct ocib_error *error; /* why the file can't be built; NULL */
};
void ocib_check_report_release(struct ocib_check_report *report);

/*
 * Looks at all stages, or at those that the request's target needs, with all rules. Base images
 * that the store lacks are asked for at their registry; if that can't be, what depends on them
 * isn't reported. Fails if there is no file that could be looked at: OCIB_EINPUT, OCIB_EDOCKERFILE.
 */
int ocib_build_check(const struct ocib_build_env *env, const struct ocib_build_request *request,
                     struct ocib_check_report *out, struct ocib_error **err) OCIB_MUST;

/* What a running build shares with it. */
struct ocib_build;
/*
 * Docker's rules, for the stages that the target needs. Before the build, if findings are errors
 * ("# check=error=true"): then they are told to env->found, and fail it. After it, in any case.
 */
int ocib_build_check_before(struct ocib_build *build, struct ocib_error **err) OCIB_MUST;
void ocib_build_check_after(struct ocib_build *build);

#endif
