/*
 * A map from strings to pointers that keeps the order of insertion. Keys are copied; values are
 * borrowed unless the map was made with a free function. Not for concurrent use.
 */
#ifndef OCIB_BASE_MAP_H
#define OCIB_BASE_MAP_H

#include "base/cleanup.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct ocib_map;

/* `free_value` may be NULL: the map then borrows its values. */
struct ocib_map *ocib_map_new(void (*free_value)(void *));
void ocib_map_free(struct ocib_map *map);
OCIB_DEFINE_CLEANUP(ocib_map, struct ocib_map, ocib_map_free)

/* Stores a value (not NULL) under a key; an earlier one is freed. */
void ocib_map_set(struct ocib_map *map, struct ocib_str key, void *value);
/* The value, or NULL. */
void *ocib_map_get(const struct ocib_map *map, struct ocib_str key);
size_t ocib_map_len(const struct ocib_map *map);
/* The i-th pair in order of insertion; key ends with NUL. */
const char *ocib_map_key_at(const struct ocib_map *map, size_t i);
void *ocib_map_at(const struct ocib_map *map, size_t i);

#endif
