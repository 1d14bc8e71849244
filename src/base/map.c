#include "base/map.h"

#include "base/mem.h"
#include "base/vec.h"

/* Open addressing: `slots` holds 1 + the index of a pair, 0 where empty. */
struct pair {
    char *key;
    size_t key_len;
    void *value;
};

struct ocib_map {
    OCIB_VEC(struct pair);
    size_t *slots;
    size_t slot_count; /* a power of two, at least twice len */
    void (*free_value)(void *);
};

struct ocib_map *ocib_map_new(void (*free_value)(void *))
{
    struct ocib_map *map = ocib_new(struct ocib_map);
    map->free_value = free_value;
    map->slot_count = 16;
    map->slots = ocib_alloc(map->slot_count, sizeof(size_t));
    return map;
}

void ocib_map_free(struct ocib_map *map)
{
    if (!map) {
        return;
    }
    for (size_t i = 0; i < map->len; i++) {
        free(map->items[i].key);
        if (map->free_value) {
            map->free_value(map->items[i].value);
        }
    }
    ocib_vec_release(map);
    free(map->slots);
    free(map);
}

/* FNV-1a, 64 bits. */
static uint64_t hash(struct ocib_str key)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < key.len; i++) {
        h = (h ^ (unsigned char)key.s[i]) * 1099511628211u;
    }
    return h ^ (h >> 29);
}

static size_t *find_slot(const struct ocib_map *map, struct ocib_str key)
{
    size_t at = hash(key) & (map->slot_count - 1);
    while (map->slots[at]) {
        const struct pair *pair = &map->items[map->slots[at] - 1];
        if (ocib_str_eq((struct ocib_str){pair->key, pair->key_len}, key)) {
            break;
        }
        at = (at + 1) & (map->slot_count - 1);
    }
    return &map->slots[at];
}

static void grow(struct ocib_map *map)
{
    free(map->slots);
    map->slot_count *= 2;
    map->slots = ocib_alloc(map->slot_count, sizeof(size_t));
    for (size_t i = 0; i < map->len; i++) {
        *find_slot(map, (struct ocib_str){map->items[i].key, map->items[i].key_len}) = i + 1;
    }
}

void ocib_map_set(struct ocib_map *map, struct ocib_str key, void *value)
{
    size_t *slot = find_slot(map, key);
    if (*slot) {
        struct pair *pair = &map->items[*slot - 1];
        if (map->free_value && pair->value != value) {
            map->free_value(pair->value);
        }
        pair->value = value;
        return;
    }
    struct pair *pair = ocib_vec_add(map);
    *pair = (struct pair){ocib_str_dup(key), key.len, value};
    *slot = map->len;
    if (map->len * 2 > map->slot_count) {
        grow(map);
    }
}

void *ocib_map_get(const struct ocib_map *map, struct ocib_str key)
{
    size_t slot = *find_slot(map, key);
    return slot ? map->items[slot - 1].value : NULL;
}

size_t ocib_map_len(const struct ocib_map *map)
{
    return map->len;
}

const char *ocib_map_key_at(const struct ocib_map *map, size_t i)
{
    return map->items[i].key;
}

void *ocib_map_at(const struct ocib_map *map, size_t i)
{
    return map->items[i].value;
}
