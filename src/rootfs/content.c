#include "base/mem.h"
#include "rootfs/overlay.h"
#include "rootfs/unpack.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "sys/xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOLE = 4096 }; /* the smallest piece of zeros that is left out of a file */

static int owner_failed(const char *path, uid_t uid, gid_t gid, struct ocib_error **err)
{
    if (errno != EINVAL) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't change the owner of %s to %u:%u", path,
                                    uid, gid);
    }
    ocib_error_set(err, OCIB_ESANDBOX,
                   "can't change the owner of %s to %u:%u: this user has no such subordinate ids",
                   path, uid, gid);
    return ocib_error_hint_set(err,
                               "give the user ranges in /etc/subuid and /etc/subgid that reach "
                               "beyond %u, for example with usermod --add-subuids and "
                               "--add-subgids, or build as root",
                               uid > gid ? uid : gid);
}

/*
 * The overlay's own attributes and the host's policy labels are not taken from a layer. What a file
 * system does not keep is let go, as other tools do, but for capabilities: a program would fail
 * without them.
 */
static int set_attribute(int dir_fd, const char *name, const struct ocib_xattr *xattr)
{
    if (ocib_overlay_owns(xattr->name) || strcmp(xattr->name, "security.selinux") == 0) {
        return 0;
    }
    if (ocib_xattr_set(dir_fd, name, xattr->name, ocib_buf_str(&xattr->value)) == 0) {
        return 0;
    }
    return strcmp(xattr->name, "security.capability") == 0 && errno != ENOTSUP ? -1 : 0;
}

static int set_attributes(int dir_fd, const char *name, const struct ocib_tar_entry *entry,
                          struct ocib_error **err)
{
    for (size_t i = 0; entry->xattrs && i < entry->xattrs->len; i++) {
        const struct ocib_xattr *xattr = &entry->xattrs->items[i];
        if (set_attribute(dir_fd, name, xattr) < 0) {
            return ocib_error_set_errno(err, OCIB_ESTORE, "can't set %s of %s", xattr->name,
                                        entry->path);
        }
    }
    return 0;
}

int ocib_content_attributes(struct ocib_unpacking *u, int dir_fd, const char *name,
                            const struct ocib_tar_entry *entry, struct ocib_error **err)
{
    if (fchownat(dir_fd, name, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW) < 0) {
        return owner_failed(entry->path, entry->uid, entry->gid, err);
    }
    if (set_attributes(dir_fd, name, entry, err) < 0) {
        return -1;
    }
    if (!S_ISLNK(entry->mode) && fchmodat(dir_fd, name, entry->mode & 07777, 0) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't change the mode of %s", entry->path);
    }
    if (S_ISDIR(entry->mode)) {
        return 0;
    }
    struct timespec mtime = {entry->mtime, entry->mtime_nsec};
    struct timespec times[2] = {mtime, mtime};
    if (utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't set the time of %s", entry->path);
    }
    return 0;
}

/* The same for an open file: no path is looked up. */
static int set_file_attributes(struct ocib_unpacking *u, int fd, const char *base,
                               const struct ocib_tar_entry *entry, struct ocib_error **err)
{
    struct timespec mtime = {entry->mtime, entry->mtime_nsec};
    struct timespec times[2] = {mtime, mtime};
    if (fchown(fd, entry->uid, entry->gid) < 0) {
        return owner_failed(entry->path, entry->uid, entry->gid, err);
    }
    if (set_attributes(u->folder_fd, base, entry, err) < 0) {
        return -1;
    }
    if (fchmod(fd, entry->mode & 07777) < 0 || futimens(fd, times) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't change mode and time of %s",
                                    entry->path);
    }
    return 0;
}

static bool is_zero(const char *bytes, size_t len)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

/* Bytes of the next run of pieces that are all zeros, or all not. */
static size_t run_length(const char *bytes, size_t len, bool *zeros)
{
    size_t at = 0;
    *zeros = len >= HOLE && is_zero(bytes, HOLE);
    while (len - at >= HOLE && is_zero(bytes + at, HOLE) == *zeros) {
        at += HOLE;
    }
    return *zeros ? at : (len - at < HOLE ? len : at);
}

/* Where a file that is written front to back is; `hole`: zeros before `offset` were left out. */
struct target {
    int fd;
    off_t offset;
    bool hole;
};

static int write_sparse(struct target *t, const char *bytes, size_t len)
{
    while (len) {
        bool zeros;
        size_t n = run_length(bytes, len, &zeros);
        if (!zeros && t->hole && lseek(t->fd, t->offset, SEEK_SET) < 0) {
            return -1;
        }
        if (!zeros && ocib_fd_write_all(t->fd, bytes, n) < 0) {
            return -1;
        }
        t->hole = zeros;
        t->offset += (off_t)n;
        bytes += n;
        len -= n;
    }
    return 0;
}

/* A hole at the end is not written, only counted. */
static int end_sparse(struct target *t, off_t size)
{
    return t->hole || t->offset != size ? ftruncate(t->fd, size) : 0;
}

static int file_failed(const char *path, struct ocib_error **err)
{
    return ocib_error_set_errno(err, OCIB_ESTORE, "can't write %s", path);
}

/* A whole block, so that holes are found where the file system can have them. */
static ssize_t read_block(struct ocib_unpacking *u, struct ocib_tar_reader *tar,
                          struct ocib_error **err)
{
    size_t have = 0;
    while (have < OCIB_UNPACK_BLOCK) {
        ssize_t n = ocib_tar_reader_data(tar, u->block + have, OCIB_UNPACK_BLOCK - have, err);
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        have += (size_t)n;
    }
    return (ssize_t)have;
}

static int fill(struct ocib_unpacking *u, struct ocib_tar_reader *tar, int fd,
                const struct ocib_tar_entry *entry, struct ocib_error **err)
{
    struct target t = {.fd = fd};
    while (t.offset < entry->size) {
        int64_t hole = ocib_tar_reader_hole(tar);
        t.offset += hole;
        t.hole = t.hole || hole > 0;
        ssize_t n = t.offset < entry->size ? read_block(u, tar, err) : 0;
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        if (write_sparse(&t, u->block, (size_t)n) < 0) {
            return file_failed(entry->path, err);
        }
    }
    return end_sparse(&t, entry->size) < 0 ? file_failed(entry->path, err) : 0;
}

static int new_file(struct ocib_unpacking *u, const char *base)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    return openat(u->folder_fd, base, flags, 0600);
}

int ocib_content_file(struct ocib_unpacking *u, struct ocib_tar_reader *tar, const char *base,
                      const struct ocib_tar_entry *entry, struct ocib_error **err)
{
    OCIB_AUTO_FD int fd = new_file(u, base);
    if (fd < 0 && errno == EEXIST) {
        if (ocib_unpack_clear(u, base, err) < 0) {
            return -1;
        }
        fd = new_file(u, base);
    }
    if (fd < 0) {
        return file_failed(entry->path, err);
    }
    if (fill(u, tar, fd, entry, err) < 0 || set_file_attributes(u, fd, base, entry, err) < 0) {
        return -1;
    }
    return ocib_fd_close(&fd, entry->path, err);
}

static int copy_bytes(struct ocib_unpacking *u, int from, int to, off_t size)
{
    struct target t = {.fd = to};
    ssize_t n;
    while ((n = ocib_fd_read_full(from, u->block, OCIB_UNPACK_BLOCK)) > 0) {
        if (write_sparse(&t, u->block, (size_t)n) < 0) {
            return -1;
        }
    }
    return n < 0 ? -1 : end_sparse(&t, size);
}

static bool not_overlays(const char *attribute)
{
    return !ocib_overlay_owns(attribute);
}

static int copy_regular(struct ocib_unpacking *u, int below_fd, const char *base,
                        const struct stat *st, struct ocib_error **err)
{
    OCIB_AUTO_FD int from = ocib_reopen(below_fd, O_RDONLY);
    OCIB_AUTO_FD int to = new_file(u, base);
    if (from < 0 || to < 0 || copy_bytes(u, from, to, st->st_size) < 0) {
        return file_failed(base, err);
    }
    return ocib_fd_close(&to, base, err);
}

static int copy_other(struct ocib_unpacking *u, int below_fd, const char *base,
                      const struct stat *st, struct ocib_error **err)
{
    if (!S_ISLNK(st->st_mode)) {
        int made = mknodat(u->folder_fd, base, st->st_mode & (S_IFMT | 0600), st->st_rdev);
        return made < 0 ? file_failed(base, err) : 0;
    }
    OCIB_AUTO_FREE char *text = ocib_readlink_at(below_fd, "");
    if (!text || symlinkat(text, u->folder_fd, base) < 0) {
        return file_failed(base, err);
    }
    return 0;
}

int ocib_content_copy_up(struct ocib_unpacking *u, const char *path, int below_fd, const char *base,
                         struct ocib_error **err)
{
    struct stat st;
    OCIB_AUTO(ocib_xattrs_release) struct ocib_xattrs xattrs = {0};
    if (fstat(below_fd, &st) < 0 || ocib_xattrs_read(u->view_fd, path, not_overlays, &xattrs) < 0) {
        return file_failed(base, err);
    }
    int made = S_ISREG(st.st_mode) ? copy_regular(u, below_fd, base, &st, err)
                                   : copy_other(u, below_fd, base, &st, err);
    const struct ocib_tar_entry entry = {.path = base,
                                         .mode = st.st_mode,
                                         .uid = st.st_uid,
                                         .gid = st.st_gid,
                                         .mtime = st.st_mtim.tv_sec,
                                         .mtime_nsec = st.st_mtim.tv_nsec,
                                         .xattrs = &xattrs};
    return made < 0 ? -1 : ocib_content_attributes(u, u->folder_fd, base, &entry, err);
}
