#include "sys/fd.h"

#include <errno.h>
#include <unistd.h>

void ocib_fd_cleanup(int *fd)
{
    if (*fd >= 0) {
        int saved = errno;
        close(*fd);
        *fd = -1;
        errno = saved;
    }
}

int ocib_fd_close(int *fd, const char *name, struct ocib_error **err)
{
    int closed = close(ocib_fd_steal(fd));
    if (closed < 0 && errno != EINTR) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't finish writing %s", name);
    }
    return 0;
}

int ocib_fd_write_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

ssize_t ocib_fd_read_full(int fd, void *bytes, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = read(fd, (char *)bytes + done, len - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        done += (size_t)n;
    }
    return (ssize_t)done;
}

int ocib_fd_read_all(int fd, size_t limit, struct ocib_buf *out)
{
    const size_t piece = 65536;
    size_t start = out->len;
    for (;;) {
        ssize_t n = ocib_fd_read_full(fd, ocib_buf_reserve(out, piece), piece);
        if (n < 0) {
            return -1;
        }
        out->len += (size_t)n;
        out->data[out->len] = '\0';
        if (out->len - start > limit) {
            errno = EFBIG;
            return -1;
        }
        if ((size_t)n < piece) {
            return 0;
        }
    }
}
