#include "sys/mount.h"

#include "base/mem.h"
#include "base/str.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Called by number: the C library has wrappers only since glibc 2.36, and its <sys/mount.h> does
 * not go together with <linux/mount.h> there.
 */
enum {
    MS_REC_ = 0x4000,
    MS_PRIVATE_ = 1 << 18,
    MNT_DETACH_ = 2,
    AT_RECURSIVE_ = 0x8000,
};

static uint64_t kernel_attributes(unsigned attributes)
{
    return ((attributes & OCIB_MOUNT_RDONLY) ? MOUNT_ATTR_RDONLY : 0) |
           ((attributes & OCIB_MOUNT_NOSUID) ? MOUNT_ATTR_NOSUID : 0) |
           ((attributes & OCIB_MOUNT_NODEV) ? MOUNT_ATTR_NODEV : 0) |
           ((attributes & OCIB_MOUNT_NOEXEC) ? MOUNT_ATTR_NOEXEC : 0);
}

static int set_option(int fs, const char *option)
{
    struct ocib_str rest = ocib_str(option);
    ptrdiff_t at = ocib_str_find(rest, '=');
    if (at < 0) {
        return (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, option, NULL, 0);
    }
    OCIB_AUTO_FREE char *key = ocib_str_dup(ocib_str_sub(rest, 0, (size_t)at));
    return (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, option + at + 1, 0);
}

int ocib_mount_new(const char *type, const char *const *options, unsigned attributes)
{
    OCIB_AUTO_FD int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
    if (fs < 0) {
        return -1;
    }
    for (; options && *options; options++) {
        if (set_option(fs, *options) < 0) {
            return -1;
        }
    }
    if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
        return -1;
    }
    return (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, kernel_attributes(attributes));
}

bool ocib_mount_type_usable(const char *type)
{
    OCIB_AUTO_FD int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
    return fs >= 0;
}

int ocib_mount_clone(int dir_fd, const char *path, bool recursive)
{
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW;
    flags |= path[0] ? 0 : AT_EMPTY_PATH;
    flags |= recursive ? AT_RECURSIVE_ : 0;
    return (int)syscall(SYS_open_tree, dir_fd, path, flags);
}

int ocib_mount_restrict(int mount_fd, unsigned attributes, bool recursive)
{
    struct mount_attr attr = {.attr_set = kernel_attributes(attributes)};
    unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE_ : 0);
    return (int)syscall(SYS_mount_setattr, mount_fd, "", flags, &attr, sizeof(attr));
}

int ocib_mount_attach(int mount_fd, int target_fd)
{
    return (int)syscall(SYS_move_mount, mount_fd, "", target_fd, "",
                        MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int ocib_mount_remove(const char *path)
{
    return (int)syscall(SYS_umount2, path, MNT_DETACH_);
}

int ocib_mount_make_private(void)
{
    struct mount_attr attr = {.propagation = MS_PRIVATE_};
    if (syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE_, &attr, sizeof(attr)) == 0) {
        return 0;
    }
    return (int)syscall(SYS_mount, NULL, "/", NULL, MS_REC_ | MS_PRIVATE_, NULL);
}

int ocib_mount_pivot(int root_fd)
{
    /* pivot_root(2): with both arguments ".", the old root ends up on top of the new one and "."
     * then names it. */
    if (fchdir(root_fd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
        syscall(SYS_umount2, ".", MNT_DETACH_) < 0) {
        return -1;
    }
    return chdir("/");
}
