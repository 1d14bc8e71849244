/*
 * Memory. Running out of it ends the process with one line on stderr and status 9: a builder that
 * has no memory left can't do better, and the store is whole at every moment. Sizes that come from
 * outside are bounded by their readers before they get here.
 */
#ifndef OCIB_BASE_MEM_H
#define OCIB_BASE_MEM_H

#include "base/cleanup.h"

#include <stddef.h>

/* Zeroed memory for `count` objects of `size` bytes; never NULL, freed with free(). */
void *ocib_alloc(size_t count, size_t size);
#define ocib_new(type) ((type *)ocib_alloc(1, sizeof(type)))

/* Resized memory; the added part is not initialised. */
void *ocib_resize(void *p, size_t count, size_t size);

/* Copies of strings; ocib_strdup(NULL) is NULL. */
char *ocib_strdup(const char *s);
char *ocib_strndup(const char *s, size_t len);
char *ocib_format(const char *fmt, ...) OCIB_PRINTF(1, 2);

#endif
