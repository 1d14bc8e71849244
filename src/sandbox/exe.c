#include "sandbox/exe.h"

#include "sys/fd.h"
#include "sys/mount.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static const char self[] = "/proc/self/exe";

int ocib_sandbox_exe_mount(void)
{
    struct stat wanted;
    struct stat found;
    /* By its path: the link itself leads into the mount namespace that the program was started in,
     * whose mounts can't be copied from another one. */
    OCIB_AUTO_FREE char *path = ocib_readlink_at(AT_FDCWD, self);
    if (!path || stat(self, &wanted) < 0) {
        return -1;
    }
    OCIB_AUTO_FD int mount = ocib_mount_clone(AT_FDCWD, path, false);
    if (mount < 0 || fstat(mount, &found) < 0 ||
        ocib_mount_restrict(mount, OCIB_MOUNT_RDONLY, false) < 0) {
        return -1;
    }
    if (found.st_dev != wanted.st_dev || found.st_ino != wanted.st_ino) {
        errno = ESTALE;
        return -1;
    }
    return ocib_fd_steal(&mount);
}

int ocib_sandbox_exe_copy(void)
{
    OCIB_AUTO_FD int from = open(self, O_RDONLY | O_CLOEXEC);
    OCIB_AUTO_FD int copy = memfd_create("ocib", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (from < 0 || copy < 0) {
        return -1;
    }
    ssize_t n;
    do {
        n = sendfile(copy, from, NULL, 1 << 30);
    } while (n > 0);
    if (n < 0 ||
        fcntl(copy, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) {
        return -1;
    }
    return ocib_fd_steal(&copy);
}

int ocib_sandbox_exe_open(struct ocib_error **err)
{
    int fd = ocib_sandbox_exe_mount();
    if (fd < 0) {
        fd = ocib_sandbox_exe_copy();
    }
    if (fd < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't open this program's own file %s",
                                    self);
    }
    return fd;
}
