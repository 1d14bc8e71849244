/*
 * A step that makes a layer: its key, and what it does to a snapshot if the cache has no record of
 * it. One file for each instruction fills this in (run.c, copy_step.c, workdir.c). Internal to the
 * part.
 */
#ifndef OCIB_BUILD_STEP_H
#define OCIB_BUILD_STEP_H

#include "build/stage.h"
#include "rootfs/snapshot.h"

struct ocib_layer_step {
    struct ocib_build *build;
    struct ocib_stage_state *state;
    const struct ocib_op *op;
    const struct ocib_step_info *info;
    const struct ocib_provided *provided; /* paths for the step that stay out of the layer */
    size_t provided_count;
    const char *kind; /* in the key: "run", "copy", "workdir" */
    bool alone;      /* the layer is made on an empty tree, and hides what is in its way (--link) */
    bool any_parent; /* so it is the same on every tree: the key says nothing of what is below */
    int (*hash)(struct ocib_layer_step *step, struct ocib_cache_key *key, struct ocib_error **err);
    /* Before the snapshot is made, if there is no record; may set `provided`. May be NULL. */
    int (*prepare)(struct ocib_layer_step *step, struct ocib_error **err);
    int (*apply)(struct ocib_layer_step *step, int root_fd, struct ocib_error **err);
    void *data;
    /* Filled by ocib_layer_step_run(). */
    bool cached;
    bool has_secret; /* the layer is not to be cached, see build/guard.h */
    int64_t plain;   /* bytes of the layer's plain tar */
};

/* Takes the layer from the cache, or makes it; appends it to the stage with its history entry. */
int ocib_layer_step_run(struct ocib_layer_step *step, struct ocib_error **err) OCIB_MUST;

int ocib_step_run(struct ocib_layer_step *step, struct ocib_error **err) OCIB_MUST;
int ocib_step_copy(struct ocib_layer_step *step, struct ocib_error **err) OCIB_MUST;
int ocib_step_workdir(struct ocib_layer_step *step, struct ocib_error **err) OCIB_MUST;

/* Makes what is missing of a working directory (workdir.c); links on the way are followed in the
 * root, also one to nothing. */
struct ocib_mkdirs;
int ocib_make_cwd(int root_fd, const char *path, const struct ocib_mkdirs *how,
                  struct ocib_error **err) OCIB_MUST;

#endif
