/*
 * COPY and ADD of files: Docker's rules (Dockerfile reference; BuildKit's behaviour where they
 * differ). testdata/copy/docker.txt has what Docker makes of some 160 cases.
 *
 * Three steps, so that a cache hit costs no copy: select what the sources name, add it to the cache
 * key, copy it. All reading is below the source's root and all writing below the destination's
 * root; links on either side can't lead out. A selection borrows its op, and what the source
 * points to; it is used by one thread at a time.
 *
 * Where this differs from Docker: security.capability is kept from a build context too; names need
 * not be UTF-8; "[*]" and the like work in sources, where Docker finds nothing; "--chmod=o=ug" is
 * refused.
 */
#ifndef OCIB_BUILD_COPY_H
#define OCIB_BUILD_COPY_H

#include "base/error.h"
#include "base/log.h"
#include "context/digests.h"
#include "context/inodes.h"
#include "glob/ignore.h"
#include "io/digest.h"
#include "plan/plan.h"

#include <stdbool.h>

struct ocib_copy_source {
    int root_fd;
    const struct ocib_ignore *ignore; /* of a build context; else NULL */
    struct ocib_digests *digests;     /* of a build context; else NULL */
    const struct ocib_inodes *inodes; /* of an unpacked tar: what its files are; else NULL */
    bool is_context;                  /* owners are taken as 0:0; else they are kept */
    bool plain_modes; /* 0755, or 0644 for files that nobody may execute: git knows no others */
    const char *name; /* for messages: "the build context", "stage builder", "image x" */
    const struct ocib_log *log; /* warnings at op->span; may be NULL */
};

struct ocib_selection;
/*
 * Resolves op->sources in the source tree: wildcards, folders' contents, links, ignore rules. A
 * source that names nothing, is excluded (the message names the ignore file's line), or can't be
 * read: an error at `span` (OCIB_EDOCKERFILE or OCIB_EINPUT), with the nearest name as a hint. A
 * wildcard that matches nothing is a warning only, as for Docker. op->chmod is checked here.
 */
struct ocib_selection *ocib_copy_select(const struct ocib_copy_op *op, struct ocib_span span,
                                        const struct ocib_copy_source *source,
                                        struct ocib_error **err) OCIB_MUST;
void ocib_selection_free(struct ocib_selection *selection);
OCIB_DEFINE_CLEANUP(ocib_selection, struct ocib_selection, ocib_selection_free)

/* Adds to a key all that decides the result: names as they land, types, modes, owners (if kept),
 * link texts, contents, xattrs, hard links, --chmod. Not times, not what is ignored, not where the
 * context is; and not the destination and the ids of --chown, which the caller adds. */
int ocib_selection_hash(struct ocib_selection *selection, struct ocib_hasher *hasher,
                        struct ocib_error **err) OCIB_MUST;

struct ocib_copy_target {
    int root_fd;    /* the stage's tree */
    bool has_owner; /* --chown: for all that is made; else the source's (context: 0:0) */
    uid_t uid;
    gid_t gid;
    /* --chmod is in the op */
    bool in_userns; /* device nodes can't be made */
};
/*
 * Copies. Files by reflink or copy_file_range; sparse files stay sparse; hard links within a folder
 * that is copied are kept (between sources they aren't, as for Docker); times are the sources', of
 * folders that are made on the way and of inline files the current time. Fails with OCIB_EBUILD at
 * the selection's span (the destination), OCIB_EINPUT (a source that can't be read, or is no longer
 * what was selected), OCIB_ECORRUPT (an archive).
 */
int ocib_selection_copy(struct ocib_selection *selection, const struct ocib_copy_target *target,
                        struct ocib_error **err) OCIB_MUST;

#endif
