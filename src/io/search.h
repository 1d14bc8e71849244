/*
 * A writer that looks for byte strings in what passes through it, whatever the pieces in which they
 * come. One memmem(3) a string and piece; it holds no more than the longest string.
 */
#ifndef OCIB_IO_SEARCH_H
#define OCIB_IO_SEARCH_H

#include "base/vec.h"
#include "io/stream.h"

struct ocib_needle {
    const char *name;      /* for whoever is told; borrowed */
    struct ocib_str bytes; /* not empty; borrowed */
};
struct ocib_needles {
    OCIB_VEC(struct ocib_needle);
};

/* Told of what was found, before the bytes that end it are passed on; -1 with an error makes the
 * write fail. Of several in one piece, one is told. */
struct ocib_search {
    const struct ocib_needles *needles; /* outlive the writer */
    int (*found)(void *data, const struct ocib_needle *needle, struct ocib_error **err);
    void *data;
};

/* Owns `next`. */
struct ocib_writer *ocib_writer_search(struct ocib_writer *next, const struct ocib_search *search);

#endif
