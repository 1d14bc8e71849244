/*
 * Digests as OCI writes them: "sha256:" and 64 lower-case hex digits (image-spec, descriptor.md).
 * Only sha256 is made and accepted.
 */
#ifndef OCIB_IO_DIGEST_H
#define OCIB_IO_DIGEST_H

#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define OCIB_DIGEST_SIZE (7 + 64 + 1)

/* A value: copied by assignment. The empty text means "none". */
struct ocib_digest {
    char text[OCIB_DIGEST_SIZE];
};

/* Checks the form. */
int ocib_digest_parse(struct ocib_str text, struct ocib_digest *out,
                      struct ocib_error **err) OCIB_MUST;
/* False also when either is "none". */
bool ocib_digest_eq(const struct ocib_digest *a, const struct ocib_digest *b);
static inline bool ocib_digest_is_set(const struct ocib_digest *d)
{
    return d->text[0] != '\0';
}
/* The 64 hex digits, NUL-ended; borrowed from d. */
static inline const char *ocib_digest_hex(const struct ocib_digest *d)
{
    return d->text + 7;
}

/* A running sha256 (OpenSSL's EVP). Should the library fail, the result is "none", which equals no
 * digest. */
struct ocib_hasher;
struct ocib_hasher *ocib_hasher_new(void);
void ocib_hasher_free(struct ocib_hasher *hasher);
OCIB_DEFINE_CLEANUP(ocib_hasher, struct ocib_hasher, ocib_hasher_free)
void ocib_hasher_update(struct ocib_hasher *hasher, const void *bytes, size_t len);
/* A field of a composed key: its length as 8 little-endian bytes, then its bytes, so that no two
 * lists of fields hash alike. */
void ocib_hasher_field(struct ocib_hasher *hasher, struct ocib_str field);
/* Ends the computation; the hasher can then be used for another one. */
void ocib_hasher_final(struct ocib_hasher *hasher, struct ocib_digest *out);
/* The digest of bytes in memory. */
void ocib_digest_of(const void *bytes, size_t len, struct ocib_digest *out);

#endif
