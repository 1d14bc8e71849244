#include "rootfs/print.h"

#include "base/mem.h"
#include "rootfs/emit.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "sys/xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void add_xattrs(struct ocib_hasher *hasher, const struct ocib_xattrs *xattrs)
{
    for (size_t i = 0; i < xattrs->len; i++) {
        ocib_hasher_field(hasher, ocib_str(xattrs->items[i].name));
        ocib_hasher_field(hasher, ocib_buf_str(&xattrs->items[i].value));
    }
}

static bool is_zero(const char *bytes, size_t len)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

/* One block of the file, with its place; those of zeros are left out, as are holes. */
static ssize_t add_block(struct ocib_hasher *hasher, int fd, off_t at, char *block)
{
    ssize_t n;
    do {
        n = pread(fd, block, OCIB_EMIT_BLOCK, at);
    } while (n < 0 && errno == EINTR);
    if (n > 0 && !is_zero(block, (size_t)n)) {
        int64_t place = at;
        ocib_hasher_update(hasher, &place, sizeof(place));
        ocib_hasher_field(hasher, (struct ocib_str){block, (size_t)n});
    }
    return n;
}

static int add_content(struct ocib_hasher *hasher, int dir_fd, const char *name)
{
    OCIB_AUTO_FREE char *block = ocib_alloc(OCIB_EMIT_BLOCK, 1);
    OCIB_AUTO_FD int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    off_t at = 0;
    if (fd < 0) {
        return -1;
    }
    for (;;) {
        off_t data = lseek(fd, at, SEEK_DATA);
        if (data < 0) {
            return errno == ENXIO ? 0 : -1; /* nothing but a hole is left */
        }
        at = data - data % OCIB_EMIT_BLOCK;
        ssize_t n = add_block(hasher, fd, at, block);
        if (n <= 0) {
            return (int)n;
        }
        at += n;
    }
}

static int add_text(struct ocib_hasher *hasher, int dir_fd, const char *name)
{
    OCIB_AUTO_FREE char *text = ocib_readlink_at(dir_fd, name);
    if (!text) {
        return -1;
    }
    ocib_hasher_field(hasher, ocib_str(text));
    return 0;
}

int ocib_print_take(int dir_fd, const char *name, const struct stat *st, struct ocib_digest *out)
{
    OCIB_AUTO(ocib_hasher_cleanup) struct ocib_hasher *hasher = ocib_hasher_new();
    OCIB_AUTO(ocib_xattrs_release) struct ocib_xattrs xattrs = {0};
    int added = ocib_xattrs_read(dir_fd, name, ocib_emit_wants, &xattrs);
    add_xattrs(hasher, &xattrs);
    ocib_hasher_field(hasher, OCIB_STR("content"));
    if (added == 0 && S_ISLNK(st->st_mode)) {
        added = add_text(hasher, dir_fd, name);
    } else if (added == 0 && S_ISREG(st->st_mode)) {
        added = add_content(hasher, dir_fd, name);
    }
    if (added < 0) {
        return -1;
    }
    ocib_hasher_final(hasher, out);
    return 0;
}
