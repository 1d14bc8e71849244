/*
 * Image references with Docker's rules: "python:3.10-slim" is docker.io/library/python:3.10-slim;
 * the part before the first slash is a registry if it has a dot or a colon or is "localhost".
 * (distribution/reference grammar.)
 */
#ifndef OCIB_OCI_REFERENCE_H
#define OCIB_OCI_REFERENCE_H

#include "base/error.h"
#include "base/str.h"
#include "io/digest.h"

struct ocib_reference {
    char *registry;   /* "docker.io", "127.0.0.1:5000" */
    char *repository; /* "library/python" */
    char *tag;        /* "latest" if neither tag nor digest was given; NULL if only a digest */
    struct ocib_digest digest; /* unset if none */
};

/* Fails with OCIB_EUSAGE, saying which part is wrong and why. */
int ocib_reference_parse(struct ocib_str text, struct ocib_reference *out,
                         struct ocib_error **err) OCIB_MUST;
void ocib_reference_copy(struct ocib_reference *out, const struct ocib_reference *ref);
void ocib_reference_release(struct ocib_reference *ref);
/* The whole name, "docker.io/library/python:3.10-slim" or "…@sha256:…" (freed with free()). */
char *ocib_reference_full(const struct ocib_reference *ref);
/* As users write it: without docker.io/ and library/ (freed with free()). */
char *ocib_reference_familiar(const struct ocib_reference *ref);

#endif
