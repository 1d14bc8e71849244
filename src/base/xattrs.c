#include "base/xattrs.h"

static size_t place_of(const struct ocib_xattrs *list, const char *name)
{
    size_t at = 0;
    while (at < list->len && strcmp(list->items[at].name, name) < 0) {
        at++;
    }
    return at;
}

void ocib_xattrs_add(struct ocib_xattrs *list, const char *name, struct ocib_str value)
{
    size_t at = place_of(list, name);
    if (at == list->len || strcmp(list->items[at].name, name) != 0) {
        (void)ocib_vec_add(list);
        memmove(&list->items[at + 1], &list->items[at],
                (list->len - 1 - at) * sizeof(*list->items));
        list->items[at] = (struct ocib_xattr){.name = ocib_strdup(name)};
    }
    ocib_buf_clear(&list->items[at].value);
    ocib_buf_add_str(&list->items[at].value, value);
}

bool ocib_xattrs_eq(const struct ocib_xattrs *a, const struct ocib_xattrs *b)
{
    if (a->len != b->len) {
        return false;
    }
    for (size_t i = 0; i < a->len; i++) {
        if (strcmp(a->items[i].name, b->items[i].name) != 0 ||
            !ocib_str_eq(ocib_buf_str(&a->items[i].value), ocib_buf_str(&b->items[i].value))) {
            return false;
        }
    }
    return true;
}

void ocib_xattrs_clear(struct ocib_xattrs *list)
{
    for (size_t i = 0; i < list->len; i++) {
        free(list->items[i].name);
        ocib_buf_release(&list->items[i].value);
    }
    list->len = 0;
}

void ocib_xattrs_release(struct ocib_xattrs *list)
{
    ocib_xattrs_clear(list);
    ocib_vec_release(list);
}
