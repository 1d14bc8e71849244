/*
 * What makes an image large: its layers with their sizes and, for images built here, the
 * Dockerfile's line of each; for others the history's text. (image-spec, config.md: history)
 */
#ifndef OCIB_REPORT_REPORT_H
#define OCIB_REPORT_REPORT_H

#include "base/error.h"
#include "base/vec.h"
#include "oci/image.h"
#include "store/store.h"

#include <stdint.h>

struct ocib_layer_report {
    struct ocib_digest digest;
    struct ocib_digest diff_id;
    char *instruction;
    char *file; /* NULL: not known */
    unsigned line;
    unsigned end_line;
    int64_t size;            /* bytes of the plain tar */
    int64_t compressed_size; /* bytes of the blob */
};

struct ocib_image_report {
    OCIB_VEC(struct ocib_layer_report); /* lowest first */
    int64_t size;
    int64_t compressed_size;
};

/* `manifest`: the digest of the image's manifest. Layers whose plain size is not known yet are read
 * once. */
int ocib_image_report(struct ocib_store *store, const struct ocib_digest *manifest,
                      struct ocib_image_report *out, struct ocib_error **err) OCIB_MUST;
void ocib_image_report_release(struct ocib_image_report *report);

#endif
