#include "rootfs/overlay.h"

#include "base/buf.h"
#include "base/mem.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of <linux/mount.h>, which can't be included together with every libc's <sys/mount.h>. */
enum {
    CONFIG_FLAG = 0,
    CONFIG_STRING = 1,
    CONFIG_CREATE = 6,
    CONTEXT_CLOEXEC = 1,
    MOUNT_CLOEXEC = 1,
    TREE_CLONE = 1,
    DETACH = 2,
    /* mount(2) copies one page of options. */
    OPTIONS_MAX = 4095,
};

const char *ocib_overlay_opaque(bool userxattr)
{
    return userxattr ? "user.overlay.opaque" : "trusted.overlay.opaque";
}

const char *ocib_overlay_whiteout(bool userxattr)
{
    return userxattr ? "user.overlay.whiteout" : "trusted.overlay.whiteout";
}

bool ocib_overlay_owns(const char *attribute)
{
    return strncmp(attribute, "trusted.overlay.", 16) == 0 ||
           strncmp(attribute, "user.overlay.", 13) == 0;
}

/*
 * What a layer must not depend on is off. "nofollow" and not "off": off still follows redirects by
 * default, which userxattr refuses. "volatile": a step's syncs cost nothing; the upper folder is
 * read as files afterwards and never mounted again.
 */
static const char *const fixed_options[][2] = {
    {"index", "off"}, {"xino", "off"}, {"metacopy", "off"}, {"redirect_dir", "nofollow"}};

static int set_string(int context, const char *key, const char *value)
{
    return (int)syscall(SYS_fsconfig, context, CONFIG_STRING, key, value, 0);
}

static int set_flag(int context, const char *key)
{
    return (int)syscall(SYS_fsconfig, context, CONFIG_FLAG, key, NULL, 0);
}

/* Backslash, and in lists also colon and comma, are special in options. */
static char *escaped(const char *path, const char *special)
{
    struct ocib_buf out;
    ocib_buf_init(&out);
    for (; *path; path++) {
        if (strchr(special, *path)) {
            ocib_buf_putc(&out, '\\');
        }
        ocib_buf_putc(&out, *path);
    }
    return ocib_buf_take(&out);
}

static int configure(int context, const struct ocib_overlay *overlay)
{
    for (size_t i = 0; i < OCIB_COUNT(fixed_options); i++) {
        if (set_string(context, fixed_options[i][0], fixed_options[i][1]) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < overlay->lowers.len; i++) {
        if (set_string(context, "lowerdir+", overlay->lowers.items[i]) < 0) {
            return -1;
        }
    }
    if (overlay->userxattr && set_flag(context, "userxattr") < 0) {
        return -1;
    }
    if (!overlay->upper) {
        return 0;
    }
    OCIB_AUTO_FREE char *upper = escaped(overlay->upper, "\\");
    OCIB_AUTO_FREE char *work = escaped(overlay->work, "\\");
    if (set_string(context, "upperdir", upper) < 0 || set_string(context, "workdir", work) < 0) {
        return -1;
    }
    return set_flag(context, "volatile");
}

/* The kernel's words on what went wrong, with a leading ": "; "" if it has none. Keeps errno. */
static char *kernel_message(int context)
{
    int saved = errno;
    char text[512];
    char *found = ocib_strdup("");
    ssize_t n;
    while ((n = read(context, text, sizeof(text) - 1)) > 0) {
        text[n] = '\0';
        if (text[0] == 'e' && text[1] == ' ') {
            free(found);
            found = ocib_format(": %.*s", (int)strcspn(text + 2, "\n"), text + 2);
        }
    }
    errno = saved;
    return found;
}

static int refused(const char *detail, struct ocib_error **err)
{
    int number = errno;
    ocib_error_set_errno(err, OCIB_ESANDBOX, "can't mount an overlay%s", detail);
    if (number == ENODEV) {
        return ocib_error_hint_set(err,
                                   "the kernel has no overlayfs: load it with modprobe overlay");
    }
    if (number == EPERM || number == EACCES) {
        return ocib_error_hint_set(err, "mounting needs root or a user namespace (Linux 5.11 or "
                                        "later), and no container or security profile that forbids "
                                        "it; see: ocib doctor");
    }
    return ocib_error_hint_set(err, "the store must be on a file system that can hold an overlay's "
                                    "upper folder, such as ext4, xfs, btrfs or tmpfs: choose "
                                    "another place with --root");
}

/* The way of Linux 6.5 and later. *old: the kernel does not know it. */
static int mount_new(const struct ocib_overlay *overlay, bool *old, struct ocib_error **err)
{
    OCIB_AUTO_FD int context = (int)syscall(SYS_fsopen, "overlay", CONTEXT_CLOEXEC);
    if (context < 0) {
        *old = errno == ENOSYS;
        return *old ? -1 : refused("", err);
    }
    if (configure(context, overlay) < 0 ||
        syscall(SYS_fsconfig, context, CONFIG_CREATE, NULL, NULL, 0) < 0) {
        OCIB_AUTO_FREE char *detail = kernel_message(context);
        /* Before 6.5 options are only looked at all together at the end. */
        *old = errno == EINVAL;
        return *old ? -1 : refused(detail, err);
    }
    int mount = (int)syscall(SYS_fsmount, context, MOUNT_CLOEXEC, 0);
    return mount < 0 ? refused("", err) : mount;
}

struct fds {
    OCIB_VEC(int);
};

static void fds_release(struct fds *fds)
{
    for (size_t i = 0; i < fds->len; i++) {
        close(fds->items[i]);
    }
    ocib_vec_release(fds);
}

static int add_lowers(const struct ocib_overlay *overlay, struct fds *fds, struct ocib_buf *options)
{
    for (size_t i = 0; i < overlay->lowers.len; i++) {
        int fd = open(overlay->lowers.items[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) {
            return -1;
        }
        ocib_vec_push(fds, fd);
        ocib_buf_printf(options, "%s/proc/self/fd/%d", i ? ":" : "lowerdir=", fd);
    }
    return 0;
}

static void add_options(const struct ocib_overlay *overlay, struct ocib_buf *options)
{
    for (size_t i = 0; i < OCIB_COUNT(fixed_options); i++) {
        ocib_buf_printf(options, ",%s=%s", fixed_options[i][0], fixed_options[i][1]);
    }
    if (overlay->userxattr) {
        ocib_buf_puts(options, ",userxattr");
    }
    if (overlay->upper) {
        OCIB_AUTO_FREE char *upper = escaped(overlay->upper, "\\,");
        OCIB_AUTO_FREE char *work = escaped(overlay->work, "\\,");
        ocib_buf_printf(options, ",upperdir=%s,workdir=%s,volatile", upper, work);
    }
}

/* Clones the mount at `point` into a detached one. */
static int detach(const char *point)
{
    long mount = syscall(SYS_open_tree, AT_FDCWD, point, TREE_CLONE | O_CLOEXEC);
    int saved = errno;
    syscall(SYS_umount2, point, DETACH);
    errno = saved;
    return (int)mount;
}

/* For older kernels: mount(2) at a mount point of the work folder. Layers are named by their short
 * paths in /proc, so that some two hundred fit in the page of options. */
static int mount_old(const struct ocib_overlay *overlay, struct ocib_error **err)
{
    OCIB_AUTO(fds_release) struct fds fds = {0};
    OCIB_AUTO_BUF struct ocib_buf options = {0};
    OCIB_AUTO_FREE char *point = ocib_format("%s/mount", overlay->work_path);
    if (add_lowers(overlay, &fds, &options) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't open an unpacked layer");
    }
    add_options(overlay, &options);
    if (options.len > OPTIONS_MAX) {
        return ocib_error_set(err, OCIB_ESANDBOX, "%zu layers are more than this kernel can mount",
                              overlay->lowers.len);
    }
    if (mkdir(point, 0700) < 0 && errno != EEXIST) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't make folder %s", point);
    }
    if (syscall(SYS_mount, "overlay", point, "overlay", 0, options.data) < 0) {
        refused("", err);
        rmdir(point);
        return -1;
    }
    int mount = detach(point);
    if (mount < 0) {
        refused("", err);
    }
    rmdir(point);
    return mount;
}

int ocib_overlay_mount(const struct ocib_overlay *overlay, struct ocib_error **err)
{
    bool old = overlay->by_mount;
    int mount = old ? -1 : mount_new(overlay, &old, err);
    return mount < 0 && old ? mount_old(overlay, err) : mount;
}
