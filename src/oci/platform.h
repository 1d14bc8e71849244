/*
 * Platforms: "os/arch[/variant]" (image-spec, image-index.md, "platform"). Names are normalised as
 * containerd does: x86_64 → amd64, aarch64 → arm64 (v8 dropped), armhf → arm/v7, and the like.
 */
#ifndef OCIB_OCI_PLATFORM_H
#define OCIB_OCI_PLATFORM_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>

struct ocib_platform {
    char *os;
    char *architecture;
    char *variant;    /* NULL: none */
    char *os_version; /* NULL: none */
};

/* "linux/arm64", "arm64", "linux"; missing parts are this machine's. */
int ocib_platform_parse(struct ocib_str text, struct ocib_platform *out,
                        struct ocib_error **err) OCIB_MUST;
/* The machine that ocib runs on. */
void ocib_platform_host(struct ocib_platform *out);
void ocib_platform_copy(struct ocib_platform *out, const struct ocib_platform *p);
void ocib_platform_release(struct ocib_platform *p);
/* "linux/arm/v7" (freed with free()). */
char *ocib_platform_format(const struct ocib_platform *p);
/*
 * How well an image for `have` serves `want`: 0 not at all, more is better (exact variant first,
 * then lower variants of arm that a higher one runs).
 */
int ocib_platform_match(const struct ocib_platform *want, const struct ocib_platform *have);

#endif
