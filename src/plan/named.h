/*
 * --build-context NAME=VALUE: trees and images that go before stages and images of that name in
 * FROM, --from and a mount's from=, as in BuildKit. By their text alone.
 *
 *   docker-image://REF          an image; docker-image://scratch is an empty tree
 *   oci-layout://DIR[:TAG]      an image of an OCI layout on this machine, or [@DIGEST]
 *   anything else               a tree: a folder, a tar, a URL, a git repository
 *
 * Names are compared as references: "alpine" is "docker.io/library/alpine:latest".
 */
#ifndef OCIB_PLAN_NAMED_H
#define OCIB_PLAN_NAMED_H

#include "base/cleanup.h"
#include "base/error.h"
#include "base/vec.h"

#include <stdbool.h>

#define OCIB_LAYOUT_PREFIX "oci-layout://"

enum ocib_named_kind {
    OCIB_NAMED_TREE,
    OCIB_NAMED_SCRATCH,
    OCIB_NAMED_IMAGE, /* also of a layout */
};

struct ocib_named_context {
    char *name; /* in full, with tag or digest */
    char *text; /* as it was given */
    enum ocib_named_kind kind;
    /* Of a tree what it is; of an image its reference, or the whole "oci-layout://…". */
    char *value;
};
struct ocib_named_contexts {
    OCIB_VEC(struct ocib_named_context);
};

/* "NAME=VALUE" each; of equal names the last counts. OCIB_EUSAGE. Release in either case. */
int ocib_named_contexts_parse(const struct ocib_strings *texts, struct ocib_named_contexts *out,
                              struct ocib_error **err) OCIB_MUST;
void ocib_named_contexts_release(struct ocib_named_contexts *contexts);

/* Its index by what a Dockerfile calls it; -1 if there is none. `contexts` may be NULL. */
ptrdiff_t ocib_named_contexts_find(const struct ocib_named_contexts *contexts,
                                   struct ocib_str name);

/* What an oci-layout:// names. Strings are freed with ocib_layout_source_release(). */
struct ocib_layout_source {
    char *dir;
    char *tag;    /* NULL: none was given */
    char *digest; /* NULL: none was given */
};
int ocib_layout_source_parse(const char *value, struct ocib_layout_source *out,
                             struct ocib_error **err) OCIB_MUST;
void ocib_layout_source_release(struct ocib_layout_source *source);

#endif
