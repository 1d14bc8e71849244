/*
 * Single blobs between a registry and the store (distribution-spec, "Pulling blobs", "Pushing
 * blobs"). Each is one streamed pass, verified by digest and size; memory does not depend on size.
 */
#ifndef OCIB_REGISTRY_BLOBS_H
#define OCIB_REGISTRY_BLOBS_H

#include "registry/session.h"

#include <stdatomic.h>

/* One blob on its way. `stop` may be NULL: becomes true when others failed. */
struct ocib_blob_job {
    struct ocib_session *session;
    struct ocib_store *store;
    const struct ocib_descriptor *blob;
    const atomic_bool *stop;
};

/* Into the store unless it is there. After a break the transfer is taken up where it was (Range).
 */
int ocib_blob_fetch(const struct ocib_blob_job *job, struct ocib_error **err) OCIB_MUST;

/* To the registry unless it is there (HEAD): in one piece, in chunks if that is too large (413). */
int ocib_blob_send(const struct ocib_blob_job *job, struct ocib_error **err) OCIB_MUST;

#endif
