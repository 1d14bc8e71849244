/*
 * The store: an OCI image layout that other tools can read, with what is ours in the folder "ocib"
 * of it.
 *
 *   oci-layout, index.json, blobs/sha256/<hex>     image-spec, image-layout.md
 *   ocib/version                                   format of what follows
 *   ocib/layers/<chain hex>/fs, meta               unpacked layers, overlay form
 *   ocib/layers-<form>/                            the same in another form
 *   ocib/records/<kind>/<2 hex>/<hex>              small documents by key: cache records, builds
 *   ocib/work/<random>/                            one per running step and per writing process,
 *                                                  locked by its owner
 *   ocib/locks/<chain hex>                         held while a layer is unpacked
 *   ocib/lease                                     held shared while the store is open, exclusively
 *                                                  to collect garbage
 *
 * Content is written to a temporary name, synced as needed, renamed: whole or absent. No lock is
 * needed to read; index.json is changed under ocib/index.lock. Any number of processes of one
 * machine use one store at once. All folders are the owner's alone (mode 0700), since images hold
 * programs with set-id bits.
 *
 * What a power loss may cost:
 *  - Blobs and refs: nothing that was reported done. A blob's data is on the disk before it
 *    gets its name, and the names of blobs before index.json speaks of them.
 *  - Records: those of the last seconds. They are not synced, but hold their own digest, so that a
 *    torn one counts as absent.
 *  - Unpacked layers: all of them. They are many small files, can be made anew from their blobs,
 *    and nobody should wait for the disk when they are made. As the kernel does not say which of
 *    them reached the disk, "meta" names the boot (/proc/sys/kernel/random/boot_id) in which a
 *    layer was made, and one of another boot is discarded when it is asked for. So a store must
 *    not be used by two machines at once.
 *
 * Thread rule: one struct may be used by several threads at once.
 */
#ifndef OCIB_STORE_STORE_H
#define OCIB_STORE_STORE_H

#include "base/error.h"
#include "base/log.h"
#include "io/digest.h"
#include "io/stream.h"
#include "oci/image.h"

#include <stdbool.h>
#include <stdint.h>

struct ocib_store;

/* $OCIB_ROOT, else /var/lib/ocib for root, else $XDG_DATA_HOME/ocib, else ~/.local/share/ocib.
 * Freed with free(); NULL if there is no home. `uid` is the user's outside any namespace that ocib
 * made. */
char *ocib_store_default_root(uid_t uid);

/* Opens the store, making it if it is absent; removes what dead processes left. `log` may be NULL
 * and outlives the store. */
struct ocib_store *ocib_store_open(const char *root, const struct ocib_log *log,
                                   struct ocib_error **err) OCIB_MUST;
void ocib_store_close(struct ocib_store *store);
OCIB_DEFINE_CLEANUP(ocib_store, struct ocib_store, ocib_store_close)
const char *ocib_store_root(const struct ocib_store *store);

/* --- blobs --- */

/* `size` -1: any. A file of another size does not count as there. */
bool ocib_store_blob_has(struct ocib_store *store, const struct ocib_digest *digest, int64_t size);
/* Opened for reading; OCIB_ENOTFOUND if absent. `size` may be NULL. */
int ocib_store_blob_open(struct ocib_store *store, const struct ocib_digest *digest, int64_t *size,
                         struct ocib_error **err) OCIB_MUST;
/* A small document, verified against its digest. */
int ocib_store_blob_read(struct ocib_store *store, const struct ocib_digest *digest, size_t limit,
                         struct ocib_buf *out, struct ocib_error **err) OCIB_MUST;
/*
 * A writer whose finish publishes the bytes under their digest and fills *result (which outlives
 * it). With `expect`, finish fails with OCIB_ECORRUPT if the digest is another one.
 */
struct ocib_writer *ocib_store_blob_writer(struct ocib_store *store,
                                           const struct ocib_digest *expect,
                                           struct ocib_tally *result,
                                           struct ocib_error **err) OCIB_MUST;
int ocib_store_blob_put(struct ocib_store *store, struct ocib_str bytes, struct ocib_digest *digest,
                        struct ocib_error **err) OCIB_MUST;

/* Manifest and config of an image by its manifest's digest: read, verified, parsed, and checked to
 * go together. Either may be NULL; without `config` none is read. */
int ocib_store_manifest(struct ocib_store *store, const struct ocib_digest *digest,
                        struct ocib_manifest *manifest, struct ocib_config *config,
                        struct ocib_error **err) OCIB_MUST;

/* --- refs --- */

/*
 * Each is an entry with its name as annotations org.opencontainers.image.ref.name and
 * io.containerd.image.name. Entries of other tools are kept.
 */

/* `name` is a full reference, "docker.io/library/x:tag". A name that exists is moved. */
int ocib_store_ref_set(struct ocib_store *store, const char *name,
                       const struct ocib_descriptor *target, struct ocib_error **err) OCIB_MUST;
/* OCIB_ENOTFOUND if there is none. */
int ocib_store_ref_get(struct ocib_store *store, const char *name, struct ocib_descriptor *out,
                       struct ocib_error **err) OCIB_MUST;
int ocib_store_ref_remove(struct ocib_store *store, const char *name,
                          struct ocib_error **err) OCIB_MUST;
/* All, sorted by name, each with its name as annotation "org.opencontainers.image.ref.name=…". */
int ocib_store_refs(struct ocib_store *store, struct ocib_descriptors *out,
                    struct ocib_error **err) OCIB_MUST;
/*
 * What a user typed: a reference (docker rules, tag "latest" by default), a digest "sha256:…" of a
 * manifest, or at least 4 leading hex digits of a manifest's or config's digest. `name` gets the
 * full ref name if it was found by one (may be NULL; freed with free()).
 */
int ocib_store_find(struct ocib_store *store, const char *text, struct ocib_descriptor *out,
                    char **name, struct ocib_error **err) OCIB_MUST;

/* --- work folders --- */

/*
 * A folder of this process's on the store's file system; removed on release, or by the next open if
 * the process died. What can't be removed (owners that this process has no power over, as outside
 * the user namespace that made them) is left for one that can, with a line at debug level. The name
 * ".lock" in it is taken.
 */
struct ocib_work {
    struct ocib_store *store;
    char *path;
    int fd;
    int lock_fd;
};
int ocib_store_work_new(struct ocib_store *store, struct ocib_work *out,
                        struct ocib_error **err) OCIB_MUST;
void ocib_work_release(struct ocib_work *work);

/* --- unpacked layers --- */

/*
 * Unpacked layers have owners and overlay marks in the form of whoever made them, and others can't
 * use them. `form` is a word of a-z for folders beside the usual ones ("ocib/layers-FORM"). To be
 * called before anything is done with layers, if at all.
 */
int ocib_store_layers_form(struct ocib_store *store, const char *form,
                           struct ocib_error **err) OCIB_MUST;

/* The absolute path of the unpacked layer (freed with free()), NULL if it is not there, or was made
 * in another boot and is thus discarded. Costs one small read. */
char *ocib_store_layer_path(struct ocib_store *store, const struct ocib_digest *chain);
/* Moves folder work/`name` in as the unpacked layer. If another process was faster, theirs stays
 * and that is fine. */
int ocib_store_layer_commit(struct ocib_store *store, const struct ocib_digest *chain,
                            struct ocib_work *work, const char *name,
                            struct ocib_error **err) OCIB_MUST;
/* Waits for the one lock per chain ID, so that a layer is unpacked by one process only; then ask
 * for its path again. Returns a descriptor; closing it releases the lock. */
int ocib_store_layer_lock(struct ocib_store *store, const struct ocib_digest *chain,
                          struct ocib_error **err) OCIB_MUST;

/* --- records --- */

/* OCIB_ENOTFOUND if there is none. `kind` is a word of a-z, 0-9 and dashes: "step", "build". The
 * document is appended to *out. */
int ocib_store_record_get(struct ocib_store *store, const char *kind, const struct ocib_digest *key,
                          struct ocib_buf *out, struct ocib_error **err) OCIB_MUST;
int ocib_store_record_put(struct ocib_store *store, const char *kind, const struct ocib_digest *key,
                          struct ocib_str document, struct ocib_error **err) OCIB_MUST;

#endif
