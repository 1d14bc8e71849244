/* The public texts of what steps may do, read and checked. */
#ifndef OCIB_API_STEPS_H
#define OCIB_API_STEPS_H

#include "base/error.h"
#include "build/settings.h"

#include <ocib/ocib.h>

/* Fills settings that were initialised. `build_args`: "NAME=value"; BUILDKIT_SANDBOX_HOSTNAME is
 * the host name of steps, borrowed. */
int ocib_steps_read(const struct ocib_step_options *options, const struct ocib_strings *build_args,
                    struct ocib_step_settings *out, struct ocib_error **err) OCIB_MUST;

#endif
