/*
 * Descriptors within documents (image-spec, descriptor.md), for the readers and writers of this
 * part. Not kept: "urls", "data", "artifactType".
 */
#ifndef OCIB_OCI_DESCRIPTOR_H
#define OCIB_OCI_DESCRIPTOR_H

#include "oci/image.h"
#include "oci/json.h"

#include <jansson.h>
#include <stddef.h>

/* "architecture", "os", "os.version", "variant" of an object, as they stand there. */
int ocib_platform_read(const json_t *json, struct ocib_platform *out,
                       struct ocib_error **err) OCIB_MUST;
/* Into a zeroed struct, which the caller releases also after a failure. */
int ocib_descriptor_read(const json_t *json, struct ocib_descriptor *out,
                         struct ocib_error **err) OCIB_MUST;
/* The list under a key (absent: none), of at most `most` entries. */
int ocib_descriptors_read(const json_t *json, const char *key, size_t most,
                          struct ocib_descriptors *out, struct ocib_error **err) OCIB_MUST;
void ocib_descriptor_put(struct ocib_buf *out, const struct ocib_descriptor *d);
void ocib_descriptors_put(struct ocib_buf *out, const char *key,
                          const struct ocib_descriptors *list);

/*
 * What manifest and index have in common: "schemaVersion" 2, a known "mediaType" or none (then
 * `fallback` is taken), and nothing that makes it a document of another kind too, which one reader
 * might take it for and another not (the ambiguity of CVE-2021-41190): `foreign` is a NULL-ended
 * list of such keys.
 */
struct ocib_document_kind {
    bool (*is_type)(const char *media_type);
    const char *fallback;
    const char *const *foreign;
};
int ocib_document_check(const json_t *json, const struct ocib_document_kind *kind,
                        char **media_type, struct ocib_error **err) OCIB_MUST;

#endif
