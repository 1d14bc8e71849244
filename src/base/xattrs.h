/* Extended attributes as data: names and values, sorted by name. Used for files and for tar
 * entries. */
#ifndef OCIB_BASE_XATTRS_H
#define OCIB_BASE_XATTRS_H

#include "base/buf.h"
#include "base/vec.h"

#include <stdbool.h>

struct ocib_xattr {
    char *name;
    struct ocib_buf value;
};
struct ocib_xattrs {
    OCIB_VEC(struct ocib_xattr);
};
/* Inserts at its place by name; an equal name is replaced. */
void ocib_xattrs_add(struct ocib_xattrs *list, const char *name, struct ocib_str value);
bool ocib_xattrs_eq(const struct ocib_xattrs *a, const struct ocib_xattrs *b);
/* Empties the list and keeps its array. */
void ocib_xattrs_clear(struct ocib_xattrs *list);
void ocib_xattrs_release(struct ocib_xattrs *list);

#endif
