/*
 * Where a construct stands in a source file. A span borrows its file: whoever makes spans keeps the
 * source alive as long as AST nodes and ops that carry them (errors copy what they need).
 */
#ifndef OCIB_BASE_SPAN_H
#define OCIB_BASE_SPAN_H

#include "base/str.h"

/* A source text that spans point into. */
struct ocib_source {
    char *name; /* as shown to the user, e.g. "Dockerfile" or "backend/Dockerfile" */
    char *text; /* owned, NUL-ended */
    size_t len;
    size_t *line_starts; /* byte offset of each line */
    unsigned line_count;
};

/* Copies the text and finds its lines. Never fails. */
struct ocib_source *ocib_source_new(const char *name, struct ocib_str text);
void ocib_source_free(struct ocib_source *source);
/* Line `line`, counted from 1, without its line break (LF or CR LF); empty if there is none. */
struct ocib_str ocib_source_line(const struct ocib_source *source, unsigned line);

/* Lines and columns count from 1, columns in bytes. A span without a source is "nowhere". */
struct ocib_span {
    const struct ocib_source *source;
    unsigned line;
    unsigned column;
    unsigned end_line; /* the last line of the construct, ≥ line */
};

#endif
