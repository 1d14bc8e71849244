#include "build/copy_place.h"

#include "sys/file.h"
#include "sys/xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int ocib_place_failed(const struct ocib_placing *placing, const char *what, const char *shown,
                      struct ocib_error **err)
{
    ocib_error_set_errno(err, ocib_error_code_of_errno(errno, OCIB_EBUILD), "can't %s %s", what,
                         shown);
    return ocib_error_place_at(err, placing->span);
}

int ocib_place_clear(const struct ocib_placing *placing, const struct ocib_place *place, bool trees,
                     struct ocib_error **err)
{
    if (unlinkat(place->dir_fd, place->name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    if (errno != EISDIR && errno != EPERM) {
        return ocib_place_failed(placing, "replace", place->shown, err);
    }
    struct stat st;
    bool is_dir =
        fstatat(place->dir_fd, place->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
    if (is_dir && trees) {
        return ocib_remove_tree(place->dir_fd, place->name, err);
    }
    if (is_dir) {
        return ocib_error_at(err, OCIB_EBUILD, placing->span, "can't replace folder %s with a file",
                             place->shown);
    }
    errno = EPERM;
    return ocib_place_failed(placing, "replace", place->shown, err);
}

/* Makes it with `make`, and if something is in the place, clears that and tries again. */
struct making {
    const struct ocib_placing *placing;
    const struct ocib_place *place;
    bool trees;
    int (*make)(const struct ocib_place *place, const void *data);
    const void *data;
};

static int make_one(const struct making *making, struct ocib_error **err)
{
    int made = making->make(making->place, making->data);
    if (made < 0 && errno == EEXIST) {
        if (ocib_place_clear(making->placing, making->place, making->trees, err) < 0) {
            return -1;
        }
        made = making->make(making->place, making->data);
    }
    return made < 0 ? ocib_place_failed(making->placing, "make", making->place->shown, err) : made;
}

static int make_file(const struct ocib_place *place, const void *data)
{
    return openat(place->dir_fd, place->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  0600);
}

int ocib_place_file(const struct ocib_placing *placing, const struct ocib_place *place, bool trees,
                    struct ocib_error **err)
{
    struct making making = {placing, place, trees, make_file, NULL};
    return make_one(&making, err);
}

int ocib_place_folder(const struct ocib_placing *placing, const struct ocib_place *place,
                      bool trees, bool *made, struct ocib_error **err)
{
    bool ignored;
    made = made ? made : &ignored;
    *made = mkdirat(place->dir_fd, place->name, 0700) == 0;
    if (*made) {
        return 0;
    }
    struct stat st;
    if (errno != EEXIST || fstatat(place->dir_fd, place->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return ocib_place_failed(placing, "make folder", place->shown, err);
    }
    if (S_ISDIR(st.st_mode)) {
        return 0;
    }
    if (!trees) {
        return ocib_error_at(err, OCIB_EBUILD, placing->span,
                             "can't copy a folder to %s, which is not a folder", place->shown);
    }
    if (ocib_place_clear(placing, place, trees, err) < 0) {
        return -1;
    }
    *made = true;
    return mkdirat(place->dir_fd, place->name, 0700) < 0
               ? ocib_place_failed(placing, "make folder", place->shown, err)
               : 0;
}

static int make_symlink(const struct ocib_place *place, const void *data)
{
    return symlinkat(data, place->dir_fd, place->name);
}

int ocib_place_symlink(const struct ocib_placing *placing, const struct ocib_place *place,
                       const char *text, bool trees, struct ocib_error **err)
{
    struct making making = {placing, place, trees, make_symlink, text};
    return make_one(&making, err);
}

struct link_from {
    int fd;
    const char *name;
};

static int make_hardlink(const struct ocib_place *place, const void *data)
{
    const struct link_from *from = data;
    return linkat(from->fd, from->name, place->dir_fd, place->name, 0);
}

/* A link to itself, as an archive may ask for, would lose the file if the place were cleared. */
static bool is_same(const struct ocib_place *place, int from_fd, const char *from)
{
    struct stat a;
    struct stat b;
    return fstatat(place->dir_fd, place->name, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(from_fd, from, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

int ocib_place_hardlink(const struct ocib_placing *placing, const struct ocib_place *place,
                        int from_fd, const char *from, bool trees, struct ocib_error **err)
{
    if (is_same(place, from_fd, from)) {
        return 0;
    }
    struct link_from link = {from_fd, from};
    struct making making = {placing, place, trees, make_hardlink, &link};
    return make_one(&making, err);
}

struct node {
    mode_t mode;
    dev_t rdev;
};

static int make_node(const struct ocib_place *place, const void *data)
{
    const struct node *node = data;
    return mknodat(place->dir_fd, place->name, (node->mode & S_IFMT) | 0600, node->rdev);
}

int ocib_place_node(const struct ocib_placing *placing, const struct ocib_place *place, mode_t mode,
                    dev_t rdev, bool trees, struct ocib_error **err)
{
    if (placing->in_userns && !S_ISFIFO(mode)) {
        ocib_log_at(placing->log, OCIB_LOG_WARNING, placing->span,
                    "device node %s is left out: only root can make it", place->shown);
        return 0;
    }
    struct node node = {mode, rdev};
    struct making making = {placing, place, trees, make_node, &node};
    return make_one(&making, err) < 0 ? -1 : 1;
}

/* What Docker carries over and a layer can hold; an overlay's own marks are not the file's. */
bool ocib_place_takes_xattr(const char *name)
{
    struct ocib_str text = ocib_str(name);
    return ocib_str_is(text, "security.capability") ||
           (ocib_str_starts(text, "user.") && !ocib_str_starts(text, "user.overlay."));
}

static int set_xattrs(const struct ocib_placing *placing, const struct ocib_place *place,
                      const struct ocib_xattrs *xattrs, struct ocib_error **err)
{
    for (size_t i = 0; xattrs && i < xattrs->len; i++) {
        const struct ocib_xattr *xattr = &xattrs->items[i];
        if (!ocib_place_takes_xattr(xattr->name) ||
            ocib_xattr_set(place->dir_fd, place->name, xattr->name, ocib_buf_str(&xattr->value)) ==
                0) {
            continue;
        }
        if (errno != ENOTSUP && errno != EPERM) {
            return ocib_place_failed(placing, "set attributes of", place->shown, err);
        }
        ocib_log_at(placing->log, OCIB_LOG_WARNING, placing->span,
                    "attribute %s of %s is lost: it can't be set here", xattr->name, place->shown);
    }
    return 0;
}

/* chown clears set-id bits and capabilities, so the mode and the attributes come after it. */
int ocib_place_finish(const struct ocib_placing *placing, const struct ocib_place *place, int fd,
                      const struct ocib_place_meta *meta, struct ocib_error **err)
{
    mode_t mode = meta->mode & 07777;
    bool is_link = S_ISLNK(meta->mode);
    int owned =
        fd >= 0 ? fchown(fd, meta->uid, meta->gid)
                : fchownat(place->dir_fd, place->name, meta->uid, meta->gid, AT_SYMLINK_NOFOLLOW);
    if (owned < 0) {
        return ocib_place_failed(placing, "set the owner of", place->shown, err);
    }
    int set = is_link   ? 0
              : fd >= 0 ? fchmod(fd, mode)
                        : fchmodat(place->dir_fd, place->name, mode, 0);
    if (set < 0) {
        return ocib_place_failed(placing, "set the mode of", place->shown, err);
    }
    if (!is_link && set_xattrs(placing, place, meta->xattrs, err) < 0) {
        return -1;
    }
    struct timespec times[2] = {meta->mtime, meta->mtime};
    int timed = fd >= 0 ? futimens(fd, times)
                        : utimensat(place->dir_fd, place->name, times, AT_SYMLINK_NOFOLLOW);
    return timed < 0 ? ocib_place_failed(placing, "set the times of", place->shown, err) : 0;
}
