/*
 * The mounts of a RUN: what they name, what of it decides the step's result, and the file systems
 * that the step gets. Internal to the part.
 *
 * They are resolved first (open, hash), and made only if the step runs: prepare before its
 * snapshot, finish within it. Nothing that a mount holds can get into the layer: the mounts are
 * over paths that are provided (rootfs/snapshot.h). Values of secrets are in files of a tmpfs and
 * in the step's environment, nowhere else.
 */
#ifndef OCIB_BUILD_RUN_MOUNTS_H
#define OCIB_BUILD_RUN_MOUNTS_H

#include "build/copy.h"
#include "build/input.h"
#include "build/step.h"
#include "sandbox/sandbox.h"

/* A mount of the step, and what it is made of. */
struct ocib_run_mount {
    const struct ocib_mount *mount;
    const char *target;               /* NULL: nothing is mounted */
    int fd;                           /* the detached mount, -1: not made yet, or none to make */
    bool folder;                      /* what is mounted */
    struct ocib_tree_source image;    /* of from=IMAGE */
    const struct ocib_layers *layers; /* of from=, NULL: a context, or nothing */
    const struct ocib_build_input *input; /* that context, NULL: nothing */
    struct ocib_copy_op copy;             /* what of the context is selected */
    struct ocib_selection *selection;
    struct ocib_work work;
    struct ocib_snapshot *snapshot; /* of rw */
    struct ocib_digest cache;       /* of a cache: what it is known by */
    char *cache_path;               /* its folder */
    int lock_fd;
    struct ocib_agent_socket *agent; /* of ssh, while it is forwarded */
    int lent_fd;                     /* what of it is in the tree, -1: nothing */
};

struct ocib_run_mounts {
    struct ocib_layer_step *step;
    OCIB_VEC(struct ocib_run_mount);
    struct {
        OCIB_VEC(struct ocib_step_mount);
    } made;
    struct ocib_mount script; /* stands for the folder of a heredoc's script */
    bool lent;                /* nothing can be mounted: run_lend.c */
};

/* Resolves all; nothing is made or unpacked. */
int ocib_run_mounts_open(struct ocib_run_mounts *mounts, struct ocib_layer_step *step,
                         struct ocib_error **err) OCIB_MUST;
void ocib_run_mounts_release(struct ocib_run_mounts *mounts);

/* Adds what decides the result: bind mounts by content; caches, secrets and agents by name. */
int ocib_run_mounts_hash(struct ocib_run_mounts *mounts, struct ocib_cache_key *key,
                         struct ocib_error **err) OCIB_MUST;

/* Makes the mounts and waits for caches that are locked. */
int ocib_run_mounts_prepare(struct ocib_run_mounts *mounts, struct ocib_error **err) OCIB_MUST;
/* The mount points, valid as long as the mounts. */
void ocib_run_mounts_provide(const struct ocib_run_mounts *mounts, struct ocib_provided *list,
                             size_t *count);
/* Makes what depends on the tree, and fills mounts->made, parents first. */
int ocib_run_mounts_finish(struct ocib_run_mounts *mounts, int root_fd,
                           struct ocib_error **err) OCIB_MUST;
/* After the step, however it went: ends what was running for it. */
void ocib_run_mounts_end(struct ocib_run_mounts *mounts);
/* After that: takes out what was put into the tree instead of mounted. */
int ocib_run_mounts_take_back(struct ocib_run_mounts *mounts, struct ocib_error **err) OCIB_MUST;
/* Variables that mounts set. */
int ocib_run_mounts_env(const struct ocib_run_mounts *mounts, struct ocib_strings *env,
                        struct ocib_error **err) OCIB_MUST;

/* run_lend.c: puts what would be mounted into the tree. */
int ocib_run_mounts_lend(struct ocib_run_mounts *mounts, int root_fd,
                         struct ocib_error **err) OCIB_MUST;
/* The value of a secret that was given. */
struct ocib_str ocib_run_mount_secret(const struct ocib_run_mounts *mounts,
                                      const struct ocib_mount *mount);

/* run_cache.c: the folder of a cache, locked as its sharing says, filled when it is new. */
int ocib_run_cache_open(struct ocib_run_mounts *mounts, struct ocib_run_mount *cache,
                        struct ocib_error **err) OCIB_MUST;
/* What a cache is known by: its id, and what it begins with. */
void ocib_run_cache_digest(const struct ocib_run_mount *cache, struct ocib_digest *out);

/* A work folder with a view of what from= names (-1 on failure). */
int ocib_run_mount_view(struct ocib_run_mounts *mounts, struct ocib_run_mount *item,
                        struct ocib_error **err) OCIB_MUST;
/* A source path as a pattern of COPY that matches just it. */
char *ocib_run_mount_pattern(const char *source);

#endif
