#include "sys/lock.h"

#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

static int lock_file(int dir_fd, const char *name, int operation, struct ocib_error **err)
{
    OCIB_AUTO_FD int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't open lock file %s", name);
    }
    int locked;
    do {
        locked = flock(fd, operation);
    } while (locked < 0 && errno == EINTR);
    if (locked < 0 && errno == EWOULDBLOCK) {
        return -1;
    }
    if (locked < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't lock %s", name);
    }
    return ocib_fd_steal(&fd);
}

int ocib_lock(int dir_fd, const char *name, bool exclusive, struct ocib_error **err)
{
    return lock_file(dir_fd, name, exclusive ? LOCK_EX : LOCK_SH, err);
}

int ocib_lock_try(int dir_fd, const char *name, bool exclusive, struct ocib_error **err)
{
    return lock_file(dir_fd, name, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB, err);
}

int ocib_lock_share(int lock_fd)
{
    return flock(lock_fd, LOCK_SH);
}
