#include "base/vec.h"

void *ocib_vec_grow(void *items, size_t len, size_t *capacity, size_t item_size)
{
    if (len == *capacity) {
        *capacity = len < 8 ? 8 : len + len / 2;
        items = ocib_resize(items, *capacity, item_size);
    }
    memset((char *)items + len * item_size, 0, item_size);
    return items;
}

void ocib_strings_push(struct ocib_strings *list, const char *s)
{
    ocib_strings_take(list, ocib_strdup(s));
}

void ocib_strings_push_str(struct ocib_strings *list, struct ocib_str s)
{
    ocib_strings_take(list, ocib_str_dup(s));
}

void ocib_strings_take(struct ocib_strings *list, char *s)
{
    ocib_vec_push(list, s);
}

void ocib_strings_copy(struct ocib_strings *out, const struct ocib_strings *list)
{
    for (size_t i = 0; i < list->len; i++) {
        ocib_strings_push(out, list->items[i]);
    }
}

bool ocib_strings_has(const struct ocib_strings *list, const char *s)
{
    for (size_t i = 0; i < list->len; i++) {
        if (strcmp(list->items[i], s) == 0) {
            return true;
        }
    }
    return false;
}

void ocib_strings_clear(struct ocib_strings *list)
{
    for (size_t i = 0; i < list->len; i++) {
        free(list->items[i]);
    }
    list->len = 0;
}

void ocib_strings_release(struct ocib_strings *list)
{
    ocib_strings_clear(list);
    ocib_vec_release(list);
}

char **ocib_strings_argv(struct ocib_strings *list)
{
    ocib_vec_push(list, NULL);
    list->len--;
    return list->items;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void ocib_strings_sort(struct ocib_strings *list)
{
    if (list->len) {
        qsort(list->items, list->len, sizeof(*list->items), compare);
    }
}

static char **env_find(const struct ocib_strings *env, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < env->len; i++) {
        if (strncmp(env->items[i], name, n) == 0 && env->items[i][n] == '=') {
            return &env->items[i];
        }
    }
    return NULL;
}

const char *ocib_env_get(const struct ocib_strings *env, const char *name)
{
    char **at = env_find(env, name);
    return at ? *at + strlen(name) + 1 : NULL;
}

void ocib_env_set(struct ocib_strings *env, const char *name, const char *value)
{
    char *entry = ocib_format("%s=%s", name, value);
    char **at = env_find(env, name);
    if (!at) {
        ocib_strings_take(env, entry);
        return;
    }
    free(*at);
    *at = entry;
}
