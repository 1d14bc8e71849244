#include "sys/copy.h"

#include "base/mem.h"
#include "sys/fd.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    SMALL = 64 * 1024, /* one read and one write are cheaper than to ask for more */
    PIECE = 256 * 1024,
};

/* Errors that say "not between these files", not "the copy failed" (copy_file_range(2),
 * ioctl_ficlone(2)). */
static bool is_unsupported(int number)
{
    return number == EOPNOTSUPP || number == EXDEV || number == EINVAL || number == ENOSYS ||
           number == ENOTTY || number == EPERM || number == EBADF || number == ETXTBSY;
}

static int copy_small(int from, int to, size_t size)
{
    char bytes[SMALL];
    ssize_t n = ocib_fd_read_full(from, bytes, size);
    if (n < 0) {
        return -1;
    }
    if ((size_t)n < size) {
        errno = EIO;
        return -1;
    }
    return ocib_fd_write_all(to, bytes, size);
}

static int copy_through_memory(int from, int to, off_t left)
{
    OCIB_AUTO_FREE char *bytes = ocib_alloc(PIECE, 1);
    while (left > 0) {
        ssize_t n = ocib_fd_read_full(from, bytes, left < PIECE ? (size_t)left : PIECE);
        if (n <= 0) {
            errno = n < 0 ? errno : EIO;
            return -1;
        }
        if (ocib_fd_write_all(to, bytes, (size_t)n) < 0) {
            return -1;
        }
        left -= n;
    }
    return 0;
}

/* `left` bytes from both files' offsets on. */
static int copy_range(int from, int to, off_t left, struct ocib_copy_ways *ways)
{
    while (left > 0 && !ways->no_range) {
        ssize_t n = copy_file_range(from, NULL, to, NULL, (size_t)left, 0);
        if (n > 0) {
            left -= n;
        } else if (n < 0 && errno != EINTR && !is_unsupported(errno)) {
            return -1;
        } else if (n == 0 || errno != EINTR) {
            ways->no_range = true; /* some file systems say 0 for what they can't copy */
        }
    }
    return left > 0 ? copy_through_memory(from, to, left) : 0;
}

/* Only the parts that have data; the rest stays a hole. */
static int copy_sparse(int from, int to, off_t size, struct ocib_copy_ways *ways)
{
    if (ftruncate(to, size) < 0) {
        return -1;
    }
    off_t at = 0;
    while (at < size) {
        off_t data = lseek(from, at, SEEK_DATA);
        if (data < 0) {
            return errno == ENXIO ? 0 : -1; /* nothing but a hole up to the end */
        }
        off_t hole = lseek(from, data, SEEK_HOLE);
        if (hole < 0 || lseek(from, data, SEEK_SET) < 0 || lseek(to, data, SEEK_SET) < 0) {
            return -1;
        }
        hole = hole > size ? size : hole;
        if (data < hole && copy_range(from, to, hole - data, ways) < 0) {
            return -1;
        }
        at = hole;
    }
    return 0;
}

int ocib_copy_content(int from, int to, const struct stat *st, struct ocib_copy_ways *ways)
{
    bool sparse = (int64_t)st->st_blocks * 512 < st->st_size;
    if (st->st_size <= SMALL && (!sparse || st->st_size <= 4096)) {
        return copy_small(from, to, (size_t)st->st_size);
    }
    if (!ways->no_clone) {
        if (ioctl(to, FICLONE, from) == 0) {
            return 0;
        }
        if (!is_unsupported(errno)) {
            return -1;
        }
        ways->no_clone = true;
    }
    return sparse ? copy_sparse(from, to, st->st_size, ways)
                  : copy_range(from, to, st->st_size, ways);
}
