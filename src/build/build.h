/*
 * A build: Dockerfile and context in, image out.
 *
 * The stages that the target needs are built one after the other, each instruction in order. A step
 * whose key has a record is taken from the store and nothing of it is touched: layers are unpacked
 * only when a step that runs needs them below it.
 */
#ifndef OCIB_BUILD_BUILD_H
#define OCIB_BUILD_BUILD_H

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "base/vec.h"
#include "build/settings.h"
#include "check/check.h"
#include "oci/image.h"
#include "plan/plan.h"
#include "registry/registry.h"
#include "sandbox/sandbox.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

/* A step as shown to a person. */
struct ocib_step_info {
    unsigned id;     /* unique in the build, from 1 */
    unsigned number; /* in its stage, from 1 */
    unsigned count;  /* of the stage */
    const char *stage;
    const char *text;
    struct ocib_span span;
};

struct ocib_progress {
    void (*begin)(void *data, const struct ocib_step_info *step);
    void (*output)(void *data, const struct ocib_step_info *step, int stream,
                   struct ocib_str bytes);
    /* `bytes`: of the plain layer, -1 if there is none. */
    void (*end)(void *data, const struct ocib_step_info *step, bool cached, int64_t nanoseconds,
                int64_t bytes);
    void *data;
};

/* What the trees that steps change are. */
enum ocib_storage {
    OCIB_STORAGE_AUTO, /* what works here, best first */
    OCIB_STORAGE_OVERLAY,
    OCIB_STORAGE_COPY,
};

/* What a build works with; all borrowed. */
struct ocib_build_env {
    enum ocib_storage storage;
    struct ocib_store *store; /* NULL: a check does without */
    struct ocib_sandbox *sandbox;
    struct ocib_registry *registry;
    const struct ocib_log *log;
    const struct ocib_progress *progress;
    const volatile int *interrupted;
    /* What Docker's build checks find, once a build, if they find anything. May be NULL. */
    void (*found)(void *data, const struct ocib_warnings *findings);
    void *found_data;
};

/* What --secret gives. Its value is nowhere but in the steps that ask for it. */
struct ocib_secret {
    char *id;
    struct ocib_buf value;
};
struct ocib_secrets {
    OCIB_VEC(struct ocib_secret);
};

struct ocib_build_request {
    const char *context;
    const char *dockerfile;          /* NULL: CONTEXT/Dockerfile */
    struct ocib_str dockerfile_text; /* s not NULL: the Dockerfile itself, of standard input */
    const struct ocib_strings *tags; /* lists may be empty, not NULL */
    const struct ocib_strings *build_args;
    const struct ocib_strings *labels;
    const struct ocib_strings *annotations;     /* build/annotations.h */
    const struct ocib_strings *build_contexts;  /* plan/named.h */
    const struct ocib_strings *no_cache_stages; /* names of stages, each on its own */
    const struct ocib_strings *outputs;
    const struct ocib_secrets *secrets; /* may be NULL */
    const struct ocib_strings *agents;  /* --ssh: "ID=SOCKET"; may be NULL */
    const struct ocib_step_settings *settings;
    const struct ocib_step_io *on_fail; /* `shell` of it is set: a step that fails; or NULL */
    const char *target;
    const struct ocib_platform *platform; /* NULL: the host's */
    enum ocib_network network;
    bool no_cache;
    bool pull;
    bool has_epoch;
    int64_t epoch;
};

struct ocib_build_outcome {
    struct ocib_digest manifest;
    struct ocib_digest config;
    char *name; /* the first tag in full, or NULL */
    size_t layers;
    size_t steps;
    size_t cached;
    int64_t size;
    int64_t new_bytes;
};
void ocib_build_outcome_release(struct ocib_build_outcome *outcome);

int ocib_build_run(const struct ocib_build_env *env, const struct ocib_build_request *request,
                   struct ocib_build_outcome *out, struct ocib_error **err) OCIB_MUST;

#endif
