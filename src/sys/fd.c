#include "sys/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

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

/* The number that a name of /proc/self/fd is; those of "." and ".." are none. */
static bool fd_of_name(const char *name, unsigned *out)
{
    *out = 0;
    for (; *name >= '0' && *name <= '9' && *out < 1U << 30; name++) {
        *out = *out * 10 + (unsigned)(*name - '0');
    }
    return *name == '\0';
}

static void close_one(unsigned fd, bool on_exec)
{
    if (on_exec) {
        fcntl((int)fd, F_SETFD, FD_CLOEXEC);
    } else {
        close((int)fd);
    }
}

/* What is closed while the list is read doesn't shift it: /proc lists by number. */
__attribute__((no_sanitize_address)) static int close_each(unsigned first, bool on_exec)
{
    _Alignas(struct dirent64) char bytes[4096];
    int list = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long n = -1;
    while (list >= 0 && (n = syscall(SYS_getdents64, list, bytes, sizeof(bytes))) > 0) {
        for (long at = 0; at < n;) {
            const struct dirent64 *entry = (const struct dirent64 *)(const void *)(bytes + at);
            unsigned fd;
            if (fd_of_name(entry->d_name, &fd) && fd >= first && fd != (unsigned)list) {
                close_one(fd, on_exec);
            }
            at += entry->d_reclen;
        }
    }
    if (list >= 0) {
        close(list);
    }
    return n < 0 ? -1 : 0;
}

int ocib_fd_close_from(unsigned first, bool on_exec)
{
    long closed = syscall(SYS_close_range, first, ~0U, on_exec ? CLOSE_RANGE_CLOEXEC : 0);
    return closed < 0 ? close_each(first, on_exec) : 0;
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
