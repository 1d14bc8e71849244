/* Extended attributes of files, by descriptor or by name in a folder, links not followed. */
#ifndef OCIB_SYS_XATTR_H
#define OCIB_SYS_XATTR_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/xattrs.h"

#include <stdbool.h>

/* Longest list and value that Linux allows (xattr(7)): 64 KiB each. */
enum { OCIB_XATTR_MAX = 65536 };

/*
 * All attributes of dir_fd/name for which `want` is true (NULL: all). A file system without
 * attributes has none: no failure. Sets errno and returns -1.
 */
int ocib_xattrs_read(int dir_fd, const char *name, bool (*want)(const char *name),
                     struct ocib_xattrs *out) OCIB_MUST;
/* Sets one; -1 with errno. */
int ocib_xattr_set(int dir_fd, const char *name, const char *attribute,
                   struct ocib_str value) OCIB_MUST;
/* One attribute's value; -1 with errno (ENODATA: not there). */
int ocib_xattr_get(int dir_fd, const char *name, const char *attribute,
                   struct ocib_buf *out) OCIB_MUST;

#endif
