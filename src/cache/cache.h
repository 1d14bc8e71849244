/*
 * The build cache: what a step made, under the digest of all that decides it.
 *
 * A key is sha256 over length-prefixed fields (ocib_hasher_field), so that no two lists of fields
 * look alike. It begins with the format's name and version, the kind of step, and the chain ID of
 * the tree that the step starts from: content decides, not the way it came about. What a step reads
 * goes in by content, mode and owner, never by time; what can't change the result stays out.
 *
 * A record is used only if the layer's blob is still in the store; a broken record counts as
 * absent.
 */
#ifndef OCIB_CACHE_CACHE_H
#define OCIB_CACHE_CACHE_H

#include "base/error.h"
#include "io/digest.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct ocib_cache_key {
    struct ocib_hasher *hasher;
};
/* `parent`: the chain ID below, unset for an empty tree. */
void ocib_cache_key_begin(struct ocib_cache_key *key, const char *kind,
                          const struct ocib_digest *parent);
void ocib_cache_key_text(struct ocib_cache_key *key, const char *text); /* NULL differs from "" */
void ocib_cache_key_number(struct ocib_cache_key *key, int64_t number);
/* The number of strings, then each. */
void ocib_cache_key_list(struct ocib_cache_key *key, const struct ocib_strings *list);
void ocib_cache_key_end(struct ocib_cache_key *key, struct ocib_digest *out);
/* Frees what ocib_cache_key_begin made; not needed after _end. */
void ocib_cache_key_release(struct ocib_cache_key *key);

/* What a step made. */
struct ocib_cache_entry {
    struct ocib_digest diff_id;
    struct ocib_digest blob;
    char *media_type;
    int64_t size;    /* bytes of the blob */
    int64_t plain;   /* bytes of the plain tar */
    int64_t created; /* seconds since 1970 */
};
void ocib_cache_entry_release(struct ocib_cache_entry *entry);

/* True if there is a usable record; *out is then filled. */
bool ocib_cache_get(struct ocib_store *store, const struct ocib_digest *key,
                    struct ocib_cache_entry *out);
int ocib_cache_put(struct ocib_store *store, const struct ocib_digest *key,
                   const struct ocib_cache_entry *entry, struct ocib_error **err) OCIB_MUST;

#endif
