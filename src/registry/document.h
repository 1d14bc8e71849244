/*
 * Manifests and indexes from a registry: fetched, verified, and the right one chosen.
 * (distribution-spec, "Pulling manifests"; image-spec, image-index.md.)
 */
#ifndef OCIB_REGISTRY_DOCUMENT_H
#define OCIB_REGISTRY_DOCUMENT_H

#include "registry/session.h"

enum { OCIB_MANIFEST_MOST_BYTES = 4 * 1024 * 1024 };

struct ocib_fetched {
    struct ocib_buf body;
    char *media_type; /* a manifest's or an index's */
    struct ocib_digest digest;
};
void ocib_fetched_release(struct ocib_fetched *fetched);

/* The header with the types of manifests and indexes that are read. */
extern const char ocib_accept_manifests[];

/*
 * The document under a tag, or by a digest, which it must match; one that the store has by its
 * digest is not asked for. `store` may be NULL. OCIB_ENOTFOUND if the registry has none.
 */
int ocib_document_fetch(struct ocib_session *session, struct ocib_store *store,
                        const struct ocib_reference *ref, struct ocib_fetched *out,
                        struct ocib_error **err) OCIB_MUST;

/* The same, and from an index on to the manifest for the platform. Indexes are put into the store,
 * if there is one. */
int ocib_document_select(struct ocib_session *session, struct ocib_store *store,
                         const struct ocib_reference *ref, const struct ocib_platform *platform,
                         struct ocib_fetched *out, struct ocib_error **err) OCIB_MUST;

/* The entry of an index for a platform, or NULL with OCIB_ENOTFOUND. Borrowed from the index. */
const struct ocib_descriptor *ocib_index_choose(const struct ocib_index *index,
                                                const struct ocib_platform *platform,
                                                const char *name, struct ocib_error **err);

/* What kind of document this is: its own "mediaType", else by its keys; NULL if it is neither
 * manifest nor index. A constant string or one of the OCIB_TYPEs. */
const char *ocib_document_type(struct ocib_str body);

#endif
