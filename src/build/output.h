/*
 * Where an image goes (--output), with buildx's spelling: "type=oci,dest=x.tar", "type=docker",
 * "type=local,dest=DIR", "type=tar", "type=registry", "type=image", "type=cacheonly", a plain path
 * (a local folder), "-" (a tar on standard output).
 */
#ifndef OCIB_BUILD_OUTPUT_H
#define OCIB_BUILD_OUTPUT_H

#include "base/error.h"
#include "base/vec.h"
#include "io/compress.h"

#include <stdbool.h>

enum ocib_output_kind {
    OCIB_OUTPUT_IMAGE,     /* the store, under its tags: also without --output */
    OCIB_OUTPUT_OCI,       /* a tar of an OCI layout, with manifest.json for docker load */
    OCIB_OUTPUT_DOCKER,    /* the same with Docker's media types */
    OCIB_OUTPUT_TAR,       /* the root file system */
    OCIB_OUTPUT_LOCAL,     /* the same as a folder */
    OCIB_OUTPUT_REGISTRY,  /* pushed under its tags */
    OCIB_OUTPUT_CACHEONLY, /* nowhere */
};

struct ocib_output {
    enum ocib_output_kind kind;
    char *dest;  /* NULL: none; "-": standard output */
    char *name;  /* name=: more references for it, NULL: none */
    bool push;   /* type=image,push=true */
    bool folder; /* type=oci,tar=false: an OCI layout as a folder */
    /* compression=, compression-level=: how the layers that the build makes are packed. */
    bool has_compression;
    struct ocib_compress_options compress;
};
struct ocib_outputs {
    OCIB_VEC(struct ocib_output);
};
/* The texts of --output; OCIB_EUSAGE names the bad part. */
int ocib_outputs_parse(const struct ocib_strings *texts, struct ocib_outputs *out,
                       struct ocib_error **err) OCIB_MUST;
/* The one compression that all outputs agree on, gzip if none says; OCIB_EUSAGE if they don't
 * agree. */
int ocib_outputs_compression(const struct ocib_outputs *outputs, struct ocib_compress_options *out,
                             struct ocib_error **err) OCIB_MUST;
void ocib_outputs_release(struct ocib_outputs *outputs);

#endif
