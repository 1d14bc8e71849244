/*
 * Snapshots without an overlay in a build: whole trees. Trees of images, and of stages that
 * something is read from, are kept in the store under a key of their own, beside the unpacked
 * layers of overlays and independent of them. Each stage that runs steps has one working copy
 * (rootfs/worktree.h), which follows its layers: a step's changes stay in it, a cached layer is
 * applied to it when a later step needs it. Internal to the part.
 */
#ifndef OCIB_BUILD_COPIED_H
#define OCIB_BUILD_COPIED_H

#include "build/stage.h"
#include "build/step.h"
#include "rootfs/worktree.h"

/* A working copy, and which layers it holds. */
struct ocib_copied {
    struct ocib_work work;
    struct ocib_worktree *tree;
    struct ocib_digest chain;
};
void ocib_copied_free(struct ocib_copied *copied);
OCIB_DEFINE_CLEANUP(ocib_copied, struct ocib_copied, ocib_copied_free)

/* True if this build's snapshots are copies; the first call tries what works, and warns. */
int ocib_build_copies(struct ocib_build *build, bool *copies, struct ocib_error **err) OCIB_MUST;

/* The stage's working copy as its layers say, made if there is none; it stays the stage's. */
struct ocib_copied *ocib_copied_of_stage(struct ocib_build *build, struct ocib_stage_state *state,
                                         struct ocib_error **err) OCIB_MUST;
/* A working copy of nothing, for a layer that is made alone. */
struct ocib_copied *ocib_copied_empty(struct ocib_build *build, struct ocib_error **err) OCIB_MUST;

/* Lets the step change the tree, with its provided paths in it meanwhile. */
int ocib_copied_apply(struct ocib_copied *copied, struct ocib_layer_step *step,
                      struct ocib_error **err) OCIB_MUST;

/* A folder with the tree of these layers, to be read only. `work` is for an empty one. */
int ocib_copied_view(struct ocib_build *build, const struct ocib_layers *layers,
                     struct ocib_work *work, struct ocib_error **err) OCIB_MUST;

#endif
