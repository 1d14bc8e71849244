/* The names in a folder, sorted by byte value, held closely together: folders can be large. */
#ifndef OCIB_ROOTFS_WALK_H
#define OCIB_ROOTFS_WALK_H

#include "base/buf.h"
#include "base/vec.h"

struct ocib_names {
    struct ocib_buf text; /* each name ends with NUL */
    OCIB_VEC(size_t);     /* where each begins */
};

/* Adds the names of dir_fd/path, without "." and "..", and sorts all. -1 with errno. */
int ocib_names_read(int dir_fd, const char *path, struct ocib_names *out) OCIB_MUST;
static inline const char *ocib_names_get(const struct ocib_names *names, size_t i)
{
    return names->text.data + names->items[i];
}
void ocib_names_release(struct ocib_names *names);

#endif
