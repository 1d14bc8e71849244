/*
 * --annotation, with buildx's spelling: "KEY=VALUE", "TYPE:KEY=VALUE", "TYPE,TYPE:KEY=VALUE". A
 * type is "manifest", the usual one, or "manifest-descriptor", for the entry of the manifest in an
 * index; either may have a platform, "manifest[linux/amd64]". A build makes one manifest and no
 * index, so "index" and "index-descriptor", and platforms that are not built, are refused.
 */
#ifndef OCIB_BUILD_ANNOTATIONS_H
#define OCIB_BUILD_ANNOTATIONS_H

#include "base/error.h"
#include "base/vec.h"
#include "oci/platform.h"

/* "key=value" each; of equal keys the last counts. */
struct ocib_annotations {
    struct ocib_strings manifest;
    struct ocib_strings descriptor;
};
/* `texts` may be NULL. OCIB_EUSAGE names the bad part. Release in either case. */
int ocib_annotations_parse(const struct ocib_strings *texts, const struct ocib_platform *platform,
                           struct ocib_annotations *out, struct ocib_error **err) OCIB_MUST;
void ocib_annotations_release(struct ocib_annotations *annotations);

#endif
