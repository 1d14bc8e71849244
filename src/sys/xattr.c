#include "sys/xattr.h"

#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

/*
 * The kernel has no *xattrat() before 6.13. The folder's descriptor is reached through /proc, and
 * the l* calls don't follow a link at the end.
 */
static char *path_of(int dir_fd, const char *name)
{
    return ocib_format("/proc/self/fd/%d/%s", dir_fd, name);
}

static bool no_attributes(int number)
{
    return number == ENOTSUP || number == ENODATA;
}

static int read_value(const char *path, const char *attribute, struct ocib_buf *out)
{
    ocib_buf_clear(out);
    ssize_t n = lgetxattr(path, attribute, ocib_buf_reserve(out, 256), 256);
    if (n < 0 && errno == ERANGE) {
        n = lgetxattr(path, attribute, ocib_buf_reserve(out, OCIB_XATTR_MAX), OCIB_XATTR_MAX);
    }
    if (n < 0) {
        return -1;
    }
    out->len = (size_t)n;
    out->data[n] = '\0';
    return 0;
}

static int add_value(const char *path, const char *attribute, struct ocib_xattrs *out)
{
    OCIB_AUTO_BUF struct ocib_buf value = {0};
    if (read_value(path, attribute, &value) < 0) {
        return errno == ENODATA ? 0 : -1; /* removed meanwhile */
    }
    ocib_xattrs_add(out, attribute, ocib_buf_str(&value));
    return 0;
}

int ocib_xattrs_read(int dir_fd, const char *name, bool (*want)(const char *name),
                     struct ocib_xattrs *out)
{
    OCIB_AUTO_FREE char *path = path_of(dir_fd, name);
    char few[1024];
    OCIB_AUTO_FREE char *many = NULL;
    const char *list = few;
    ssize_t len = llistxattr(path, few, sizeof(few));
    if (len < 0 && errno == ERANGE) {
        list = many = ocib_alloc(OCIB_XATTR_MAX, 1);
        len = llistxattr(path, many, OCIB_XATTR_MAX);
    }
    if (len < 0) {
        return no_attributes(errno) ? 0 : -1;
    }
    for (const char *at = list; at < list + len; at += strlen(at) + 1) {
        if ((!want || want(at)) && add_value(path, at, out) < 0) {
            return -1;
        }
    }
    return 0;
}

int ocib_xattr_set(int dir_fd, const char *name, const char *attribute, struct ocib_str value)
{
    OCIB_AUTO_FREE char *path = path_of(dir_fd, name);
    return lsetxattr(path, attribute, value.s, value.len, 0);
}

int ocib_xattr_get(int dir_fd, const char *name, const char *attribute, struct ocib_buf *out)
{
    OCIB_AUTO_FREE char *path = path_of(dir_fd, name);
    return read_value(path, attribute, out);
}
