/*
 * An image made whole out of a finished stage, and written to its outputs. Internal to the part.
 */
#ifndef OCIB_BUILD_EXPORT_H
#define OCIB_BUILD_EXPORT_H

#include "build/stage.h"

/* The documents of a finished image, in the store. */
struct ocib_built_image {
    struct ocib_descriptor manifest; /* with the platform */
    struct ocib_descriptor config;
};
void ocib_built_image_release(struct ocib_built_image *image);

/* Writes config, manifest, and the record that says which line made which layer. */
int ocib_image_finish(struct ocib_build *build, struct ocib_stage_state *state,
                      struct ocib_built_image *out, struct ocib_error **err) OCIB_MUST;

/* All of the request's outputs and tags. */
int ocib_export(struct ocib_build *build, struct ocib_stage_state *state,
                const struct ocib_built_image *image, struct ocib_error **err) OCIB_MUST;

#endif
