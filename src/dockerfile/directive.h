/*
 * "# check=skip=A,B;error=true": which checks are left out, and whether a finding is an error
 * (Dockerfile reference, "check"). The same text may come from the build arg
 * BUILDKIT_DOCKERFILE_CHECK. The struct owns its lists.
 */
#ifndef OCIB_DOCKERFILE_DIRECTIVE_H
#define OCIB_DOCKERFILE_DIRECTIVE_H

#include "base/cleanup.h"
#include "base/error.h"
#include "base/vec.h"

#include <stdbool.h>

struct ocib_check_directive {
    bool given;
    bool error;
    bool skip_all;
    bool experimental_all;
    struct ocib_strings skip; /* names of checks; those that nobody knows do no harm */
    struct ocib_strings experimental;
};

/*
 * Reads the text into a zeroed struct. Fails with OCIB_EDOCKERFILE and without a place; *wrong (may
 * be NULL) then points to what is wrong in the text.
 */
int ocib_check_directive_read(struct ocib_str text, struct ocib_check_directive *out,
                              const char **wrong, struct ocib_error **err) OCIB_MUST;
void ocib_check_directive_release(struct ocib_check_directive *directive);

#endif
