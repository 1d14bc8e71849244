/* File descriptors that close themselves, and whole reads and writes. */
#ifndef OCIB_SYS_FD_H
#define OCIB_SYS_FD_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Closes *fd unless it is negative; keeps errno. */
void ocib_fd_cleanup(int *fd);
#define OCIB_AUTO_FD OCIB_AUTO(ocib_fd_cleanup)
static inline int ocib_fd_steal(int *fd)
{
    int value = *fd;
    *fd = -1;
    return value;
}

/* close() that reports a delayed write error; *fd becomes -1. `name` is for the message. */
int ocib_fd_close(int *fd, const char *name, struct ocib_error **err) OCIB_MUST;

/*
 * All descriptors from `first` on are closed, or with `on_exec` will be by execve(2). Where the
 * kernel has no close_range(2), one by one. Calls nothing but the kernel, so that it may be used in
 * a child that shares its parent's memory. -1 with errno.
 */
int ocib_fd_close_from(unsigned first, bool on_exec) OCIB_MUST;

/* Plain helpers that set errno and restart after signals: all bytes or -1; up to EOF or `len`, -1.
 */
int ocib_fd_write_all(int fd, const void *bytes, size_t len) OCIB_MUST;
ssize_t ocib_fd_read_full(int fd, void *bytes, size_t len) OCIB_MUST;
/* Everything that is left in fd; -1 with errno EFBIG if that is more than `limit`. */
int ocib_fd_read_all(int fd, size_t limit, struct ocib_buf *out) OCIB_MUST;

#endif
