/*
 * The state of a running build: its stages, and the layers that each has so far. Internal to the
 * part.
 */
#ifndef OCIB_BUILD_STAGE_H
#define OCIB_BUILD_STAGE_H

#include "build/annotations.h"
#include "build/build.h"
#include "build/output.h"
#include "cache/cache.h"

/* A layer of a stage's tree. */
struct ocib_layer {
    struct ocib_descriptor blob;
    struct ocib_digest diff_id;
    struct ocib_digest chain; /* of this layer and all below */
    bool is_new;              /* made by this build */
    struct ocib_span span;    /* the instruction that made it; nowhere: of a base image */
    const char *text;         /* that instruction; the op's */
};
struct ocib_layers {
    OCIB_VEC(struct ocib_layer);
};
void ocib_layers_copy(struct ocib_layers *out, const struct ocib_layers *layers);
void ocib_layers_release(struct ocib_layers *layers);
/* The chain ID of all; unset if there are none. */
struct ocib_digest ocib_layers_chain(const struct ocib_layers *layers);

/* What FROM or COPY --from names, ready to be built upon or read from. */
struct ocib_tree_source {
    struct ocib_config config;
    struct ocib_layers layers;
};
void ocib_tree_source_release(struct ocib_tree_source *source);

struct ocib_stage_state {
    const struct ocib_stage *stage; /* NULL: not begun */
    bool done;
    struct ocib_stage_ops planned;
    struct ocib_stage_ops base; /* the step that makes the tree of --build-context a layer */
    struct ocib_layers layers;
    struct ocib_config config;  /* config, diff IDs and history so far */
    int64_t created;            /* of the newest layer, seconds; 0: none yet */
    bool no_cache;              /* its steps run anew */
    bool has_run;               /* a step of it ran, not out of the cache */
    size_t base_layers;         /* of `layers`: those it began with */
    struct ocib_copied *copied; /* without overlay: its tree (copied.h), NULL: not needed yet */
};

struct ocib_build_input; /* build/input.h */

struct ocib_build {
    const struct ocib_build_env *env;
    const struct ocib_build_request *request;
    struct ocib_build_input *input; /* the build context */
    struct ocib_named_contexts contexts;
    struct ocib_build_input **named; /* the trees of contexts, as they are needed; else NULL */
    struct ocib_dockerfile *file;
    struct ocib_plan *plan;
    struct ocib_stage_state *stages; /* by stage index */
    size_t stage_count;
    struct ocib_platform platform; /* the target's */
    struct ocib_outputs outputs;
    struct ocib_annotations annotations;
    struct ocib_compress_options compress; /* of new layers */
    enum ocib_storage storage;             /* AUTO: not tried yet */
    unsigned next_id;
    size_t steps;
    size_t cached;
};

/* dockerfile.c: opens the context and parses the Dockerfile. */
int ocib_build_read_file(struct ocib_build *build, struct ocib_error **err) OCIB_MUST;
/* build.c: of what was read. */
int ocib_build_make_plan(struct ocib_build *build, struct ocib_error **err) OCIB_MUST;
/* build.c: both. */
int ocib_build_read(struct ocib_build *build, struct ocib_error **err) OCIB_MUST;
void ocib_build_release(struct ocib_build *build);

/* named.c: --build-context. An input is opened when it is asked for first. */
int ocib_build_read_contexts(struct ocib_build *build, struct ocib_error **err) OCIB_MUST;
void ocib_build_release_contexts(struct ocib_build *build);
int ocib_build_named_input(struct ocib_build *build, size_t index,
                           const struct ocib_build_input **out, struct ocib_error **err) OCIB_MUST;
/* named.c: the first layer of a stage that is built from a tree of --build-context. */
int ocib_build_base_tree(struct ocib_build *build, struct ocib_stage_state *state,
                         struct ocib_error **err) OCIB_MUST;
/* layout.c: the manifest of an "oci-layout://…", which is then in the store. */
int ocib_build_layout_image(struct ocib_build *build, const char *value,
                            const struct ocib_platform *platform, struct ocib_digest *out,
                            struct ocib_error **err) OCIB_MUST;

/* base.c: the config of an image that a stage begins from, of the store, or, if `ask`, of its
 * registry. False if it is not to be had; *err says
 * why the registry can't be asked. `out` is zeroed storage. */
struct ocib_config_wish {
    size_t stage;
    const char *name;
    bool ask;
};
bool ocib_build_base_config(struct ocib_build *build, const struct ocib_config_wish *wish,
                            struct ocib_config *out, struct ocib_error **err);
/* base.c: the same without asking the registry. */
bool ocib_build_stored_config(struct ocib_build *build, size_t stage, const char *name,
                              struct ocib_config *out);

/* base.c: an image by name, from the store or a registry, for the platform of the stage that asks
 * for it. `span` is its place in the Dockerfile. */
int ocib_build_image(struct ocib_build *build, size_t stage, const char *name,
                     struct ocib_span span, struct ocib_tree_source *out,
                     struct ocib_error **err) OCIB_MUST;

/* base.c: an image of the store by its manifest, into zeroed storage. */
int ocib_build_load_image(struct ocib_build *build, const struct ocib_digest *digest,
                          struct ocib_tree_source *out, struct ocib_error **err) OCIB_MUST;

/* base.c: paths of the unpacked layers, lowest first; unpacks what is not there. */
int ocib_build_unpack(struct ocib_build *build, const struct ocib_layers *layers,
                      struct ocib_strings *paths, struct ocib_error **err) OCIB_MUST;

/* base.c: applies a layer to the tree of those below it. */
int ocib_build_apply(struct ocib_build *build, const struct ocib_layer *layer, int tree_fd,
                     struct ocib_error **err) OCIB_MUST;

/* base.c: a read-only view of layers as one tree. The work folder holds its mount's needs until fd
 * is closed. */
int ocib_build_view(struct ocib_build *build, const struct ocib_layers *layers,
                    struct ocib_work *work, struct ocib_error **err) OCIB_MUST;

/* Fails with OCIB_EINTERRUPTED if a signal asked for the end. */
int ocib_build_check_interrupt(const struct ocib_build *build, struct ocib_error **err) OCIB_MUST;

#endif
