/*
 * Remote sources of ADD: a file of a URL, or the tree of a git repository. Each is identified
 * first, for the cache key, then fetched into a work folder of the store, if the step has to run;
 * what was fetched is copied like any other tree, whose files are root's. Internal to the part.
 *
 * A URL is identified by its content's digest, so it is downloaded for that, unless --checksum says
 * it. A repository is identified by its commit, which costs a look at its refs.
 */
#ifndef OCIB_BUILD_ADD_REMOTE_H
#define OCIB_BUILD_ADD_REMOTE_H

#include "build/stage.h"
#include "plan/remote.h"

struct ocib_remote {
    const struct ocib_build *build;
    const struct ocib_copy_op *op;
    struct ocib_span span;
    const char *source;
    enum ocib_source_kind kind;
    char *name;                  /* of a URL's file */
    struct ocib_digest digest;   /* of its content */
    struct ocib_git_source repo; /* of a repository */
    char *commit;
    /* Once it is fetched: the tree. */
    struct ocib_work work;
    int root_fd;
};

/* Finds out what the source is now. Release in either case. */
int ocib_remote_open(struct ocib_remote *remote, const struct ocib_build *build,
                     const struct ocib_op *op, const char *source,
                     struct ocib_error **err) OCIB_MUST;
void ocib_remote_hash(const struct ocib_remote *remote, struct ocib_cache_key *key);
/* Makes the tree, unless it is there: root_fd. */
int ocib_remote_fetch(struct ocib_remote *remote, struct ocib_error **err) OCIB_MUST;
void ocib_remote_release(struct ocib_remote *remote);

/* add_url.c: downloads; fails if the digest is known and another. */
int ocib_remote_download(struct ocib_remote *remote, struct ocib_error **err) OCIB_MUST;
/* add_git.c: the commit that the ref names; then its tree in the work folder. */
int ocib_remote_find_commit(struct ocib_remote *remote, struct ocib_error **err) OCIB_MUST;
int ocib_remote_check_out(struct ocib_remote *remote, struct ocib_error **err) OCIB_MUST;
/* The new work folder of what is fetched now. */
int ocib_remote_begin(struct ocib_remote *remote, struct ocib_error **err) OCIB_MUST;

#endif
