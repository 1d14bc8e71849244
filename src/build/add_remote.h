/*
 * Remote sources of ADD, and contexts that are remote: a file of a URL, or the tree of a git
 * repository. Each is identified first, for the cache key, then fetched into a work folder of the
 * store, if the step has to run; what was fetched is copied like any other tree, whose files are
 * root's. Internal to the part.
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
    const struct ocib_copy_op *op; /* --checksum and --keep-git-dir; of a context all zeros */
    struct ocib_span span;
    const char *source; /* without credentials if it is a context's */
    enum ocib_source_kind kind;
    char *authorization;         /* the value of that header, or NULL */
    bool keep_git_dir;           /* of a context, whatever its URL says */
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
/* The same of a context, fetched as well. `source` has no credentials; `credentials` are
 * "name:password", or empty. A URL's file is called `name`. */
struct ocib_remote_context {
    const char *source;
    struct ocib_str credentials;
    const char *name;
    bool keep_git_dir;
};
int ocib_remote_open_context(struct ocib_remote *remote, const struct ocib_build *build,
                             const struct ocib_remote_context *context,
                             struct ocib_error **err) OCIB_MUST;
/* Does .git stay? Known once it is open. */
bool ocib_remote_keeps_git_dir(const struct ocib_remote *remote);
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
