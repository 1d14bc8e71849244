/*
 * Growing arrays. A vector type is declared with OCIB_VEC(type); `items` and `len` are read
 * directly. A zeroed vector is empty. The owner frees what the items hold, then the array with
 * ocib_vec_release().
 *
 *   struct ocib_strings { OCIB_VEC(char *); } — see the list of strings at the end of this file.
 */
#ifndef OCIB_BASE_VEC_H
#define OCIB_BASE_VEC_H

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define OCIB_VEC(type)                                                                             \
    type *items;                                                                                   \
    size_t len;                                                                                    \
    size_t capacity

void *ocib_vec_grow(void *items, size_t len, size_t *capacity, size_t item_size);

/* Appends a zeroed item and returns its address, valid until the next push. */
#define ocib_vec_add(vec)                                                                          \
    ((vec)->items =                                                                                \
         ocib_vec_grow((vec)->items, (vec)->len, &(vec)->capacity, sizeof(*(vec)->items)),         \
     &(vec)->items[(vec)->len++])
#define ocib_vec_push(vec, value) (*ocib_vec_add(vec) = (value))
#define ocib_vec_release(vec)                                                                      \
    (free((vec)->items), (vec)->items = NULL, (vec)->len = 0, (vec)->capacity = 0)

/* A list of owned strings. `items` has no NULL at its end; ocib_strings_argv() adds one. */
struct ocib_strings {
    OCIB_VEC(char *);
};

void ocib_strings_push(struct ocib_strings *list, const char *s);
void ocib_strings_push_str(struct ocib_strings *list, struct ocib_str s);
/* Takes ownership of s. */
void ocib_strings_take(struct ocib_strings *list, char *s);
void ocib_strings_copy(struct ocib_strings *out, const struct ocib_strings *list);
bool ocib_strings_has(const struct ocib_strings *list, const char *s);
void ocib_strings_clear(struct ocib_strings *list);
void ocib_strings_release(struct ocib_strings *list);
#define OCIB_AUTO_STRINGS OCIB_AUTO(ocib_strings_release)
/* The list as a NULL-ended array, valid until the list changes. */
char **ocib_strings_argv(struct ocib_strings *list);
/* Sorts by byte value, whatever the locale. */
void ocib_strings_sort(struct ocib_strings *list);

/*
 * Lists of "NAME=value", such as an environment: order is kept, a name occurs once.
 * ocib_env_get returns the value (borrowed), or NULL.
 */
const char *ocib_env_get(const struct ocib_strings *env, const char *name);
void ocib_env_set(struct ocib_strings *env, const char *name, const char *value);

#endif
