/*
 * A reader for the part of TOML 1.0 that configuration files of registries use: tables, arrays of
 * tables, bare, quoted and dotted keys, all kinds of strings, booleans, and arrays of strings.
 * Numbers, dates, inline tables and other arrays are read over and kept as "other", so that a file
 * with settings for other programs is not refused. Anything that is not TOML is refused, with its
 * place.
 *
 * Limits: 8 levels of nested values, 10,000 tables and keys. The result owns its strings; its spans
 * borrow the source, which outlives it.
 */
#ifndef OCIB_REGISTRY_TOML_H
#define OCIB_REGISTRY_TOML_H

#include "base/error.h"
#include "base/span.h"
#include "base/vec.h"

#include <stdbool.h>

enum ocib_toml_kind { OCIB_TOML_STRING, OCIB_TOML_BOOL, OCIB_TOML_STRINGS, OCIB_TOML_OTHER };

struct ocib_toml_value {
    enum ocib_toml_kind kind;
    char *string;
    bool boolean;
    struct ocib_strings strings; /* of an array that holds nothing else; also of an empty one */
};

struct ocib_toml_entry {
    char *key;
    struct ocib_span span; /* of the key */
    struct ocib_toml_value value;
};

struct ocib_toml_table {
    char *name;    /* "registry.mirror"; "" for what stands before the first header */
    bool repeated; /* written [[name]] */
    struct ocib_span span;
    OCIB_VEC(struct ocib_toml_entry);
};

struct ocib_toml {
    OCIB_VEC(struct ocib_toml_table); /* in the order of the file */
};

/* *out is zeroed by the caller. Fails with OCIB_EUSAGE and the place. */
int ocib_toml_parse(const struct ocib_source *source, struct ocib_toml *out,
                    struct ocib_error **err) OCIB_MUST;
void ocib_toml_release(struct ocib_toml *toml);

#endif
