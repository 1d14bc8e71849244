/* What a caller's options come to, for everything that reads a Dockerfile. Internal to api. */
#ifndef OCIB_API_REQUEST_H
#define OCIB_API_REQUEST_H

#include "api/secrets.h"
#include "api/session.h"
#include "build/build.h"

/* The owned parts of a request, made from the public options; zeroed storage of the caller. */
struct ocib_request_lists {
    struct ocib_strings tags, build_args, labels, outputs;
    struct ocib_strings annotations, build_contexts, no_cache_stages;
    struct ocib_platform platform;
    struct ocib_secrets secrets;
    struct ocib_agents agents;
    struct ocib_step_settings settings;
};
void ocib_request_lists_release(struct ocib_request_lists *lists);

/* *out borrows from the options and the lists. */
int ocib_request_make(const struct ocib_build_options *options, struct ocib_request_lists *lists,
                      struct ocib_build_request *out, struct ocib_error **err) OCIB_MUST;

#endif
