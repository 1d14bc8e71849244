#include "base/map.h"
#include "base/mem.h"
#include "rootfs/emit.h"
#include "rootfs/layer.h"
#include "rootfs/overlay.h"
#include "rootfs/walk.h"
#include "sys/copy.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "sys/xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder on the way down: where it is read and where it is written. */
struct folder {
    int from_fd;
    int to_fd;
    struct stat st;
    struct ocib_names names;
    size_t next;
    size_t path_len;
};

struct copy {
    bool exact;      /* a tree to work on: owners and all attributes too, in an empty folder */
    bool no_devices; /* of an exact copy: they are left out */
    bool no_links;   /* the names of one file become files */
    struct ocib_buf path;
    struct ocib_map *links; /* as in the emitter */
    int root_fd;            /* of the copy: hard links name their first path */
    struct ocib_copy_ways ways;
    struct {
        OCIB_VEC(struct folder);
    } folders;
};

static int failed(const struct copy *c, struct ocib_error **err)
{
    return ocib_error_set_errno(err, OCIB_ESTORE, "can't copy %s%s",
                                c->path.len ? c->path.data : "the tree",
                                c->exact ? "" : " to the output");
}

static struct folder *top(struct copy *c)
{
    return &c->folders.items[c->folders.len - 1];
}

/* The overlay's own, and the host's policy labels, belong to the place and not to the file. */
static bool goes_along(const char *attribute)
{
    return !ocib_overlay_owns(attribute) && strcmp(attribute, "security.selinux") != 0;
}

/* What the file system does not keep is let go, but for capabilities of a tree to work on: a
 * program would fail without them. */
static int set_xattrs(const struct copy *c, int dir_fd, const char *name,
                      const struct ocib_xattrs *xattrs)
{
    for (size_t i = 0; i < xattrs->len; i++) {
        const struct ocib_xattr *xattr = &xattrs->items[i];
        int set = ocib_xattr_set(dir_fd, name, xattr->name, ocib_buf_str(&xattr->value));
        if (set < 0 && errno != ENOTSUP && c->exact &&
            strcmp(xattr->name, "security.capability") == 0) {
            return -1;
        }
    }
    return 0;
}

/* Set-id bits and capabilities after the owner, which takes them away. */
static int set_attributes(const struct copy *c, int dir_fd, const char *name, const struct stat *st,
                          const struct ocib_xattrs *xattrs)
{
    struct timespec times[2] = {st->st_mtim, st->st_mtim};
    if (c->exact && fchownat(dir_fd, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0) {
        return -1;
    }
    if (set_xattrs(c, dir_fd, name, xattrs) < 0) {
        return -1;
    }
    if (!S_ISLNK(st->st_mode) && fchmodat(dir_fd, name, st->st_mode & 07777, 0) < 0) {
        return -1;
    }
    return utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW);
}

static int copy_regular(struct copy *c, const char *name, const struct stat *st)
{
    OCIB_AUTO_FD int from =
        openat(top(c)->from_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    OCIB_AUTO_FD int to =
        openat(top(c)->to_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (from < 0 || to < 0 || ocib_copy_content(from, to, st, &c->ways) < 0) {
        return -1;
    }
    return close(ocib_fd_steal(&to));
}

static int copy_link(struct copy *c, const char *name)
{
    OCIB_AUTO_FREE char *text = ocib_readlink_at(top(c)->from_fd, name);
    return text ? symlinkat(text, top(c)->to_fd, name) : -1;
}

/* A further name of what was copied: 1; -1. The first one: 0, and any of a device, which may have
 * been left out. */
static int link_again(struct copy *c, const char *name, const struct stat *st)
{
    char key[64];
    if (st->st_nlink < 2 || S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode) || c->no_links) {
        return 0;
    }
    snprintf(key, sizeof(key), "%llx:%llx", (unsigned long long)st->st_dev,
             (unsigned long long)st->st_ino);
    const char *first = ocib_map_get(c->links, ocib_str(key));
    if (!first) {
        ocib_map_set(c->links, ocib_str(key), ocib_strdup(c->path.data));
        return 0;
    }
    return linkat(c->root_fd, first, top(c)->to_fd, name, 0) < 0 ? -1 : 1;
}

static int make(struct copy *c, const char *name, const struct stat *st)
{
    if (S_ISREG(st->st_mode)) {
        return copy_regular(c, name, st);
    }
    if (S_ISLNK(st->st_mode)) {
        return copy_link(c, name);
    }
    return mknodat(top(c)->to_fd, name, st->st_mode & (S_IFMT | 0600), st->st_rdev);
}

/* What an earlier output left there gives way; a folder does not. */
static int clear(struct copy *c, const char *name)
{
    return unlinkat(top(c)->to_fd, name, 0) < 0 && errno != ENOENT ? -1 : 0;
}

static int copy_file(struct copy *c, const char *name, const struct stat *st,
                     struct ocib_error **err)
{
    OCIB_AUTO(ocib_xattrs_release) struct ocib_xattrs xattrs = {0};
    bool device = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
    if (S_ISSOCK(st->st_mode) || (device && c->no_devices)) {
        return 0;
    }
    int linked = !c->exact && clear(c, name) < 0 ? -1 : link_again(c, name, st);
    if (linked != 0) {
        return linked < 0 ? failed(c, err) : 0;
    }
    if (make(c, name, st) < 0) {
        return device && errno == EPERM ? 0 : failed(c, err);
    }
    if (ocib_xattrs_read(top(c)->from_fd, name, c->exact ? goes_along : ocib_emit_wants, &xattrs) <
            0 ||
        set_attributes(c, top(c)->to_fd, name, st, &xattrs) < 0) {
        return failed(c, err);
    }
    return 0;
}

/* Takes both descriptors. */
static int enter(struct copy *c, int from_fd, int to_fd, struct ocib_error **err)
{
    struct folder *f = ocib_vec_add(&c->folders);
    *f = (struct folder){.from_fd = from_fd, .to_fd = to_fd, .path_len = c->path.len};
    if (from_fd < 0 || to_fd < 0 || fstat(from_fd, &f->st) < 0 ||
        ocib_names_read(from_fd, ".", &f->names) < 0) {
        return failed(c, err);
    }
    return 0;
}

static int enter_folder(struct copy *c, const char *name, struct ocib_error **err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int made = mkdirat(top(c)->to_fd, name, 0700);
    if (made < 0 && errno == EEXIST) {
        struct stat st;
        bool is_dir =
            fstatat(top(c)->to_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
        made = is_dir ? 0 : clear(c, name) < 0 ? -1 : mkdirat(top(c)->to_fd, name, 0700);
    }
    if (made < 0) {
        return failed(c, err);
    }
    int from_fd = openat(top(c)->from_fd, name, flags);
    int to_fd = openat(top(c)->to_fd, name, flags);
    return enter(c, from_fd, to_fd, err);
}

static void folder_release(struct folder *f)
{
    ocib_fd_cleanup(&f->from_fd);
    ocib_fd_cleanup(&f->to_fd);
    ocib_names_release(&f->names);
}

/* Mode and time come last: a folder may be one that can't be written to. */
static int leave(struct copy *c, struct ocib_error **err)
{
    struct folder *f = top(c);
    OCIB_AUTO(ocib_xattrs_release) struct ocib_xattrs xattrs = {0};
    bool keep = c->folders.len > 1 || c->exact;
    c->path.len = f->path_len;
    c->path.data[c->path.len] = '\0';
    int set = c->exact ? ocib_xattrs_read(f->from_fd, ".", goes_along, &xattrs) : 0;
    set = set < 0 ? -1 : keep ? set_attributes(c, f->to_fd, ".", &f->st, &xattrs) : 0;
    folder_release(f);
    c->folders.len--;
    return set < 0 ? failed(c, err) : 0;
}

static int step(struct copy *c, struct ocib_error **err)
{
    struct folder *f = top(c);
    struct stat st;
    if (f->next == f->names.len) {
        return leave(c, err);
    }
    const char *name = ocib_names_get(&f->names, f->next++);
    c->path.len = f->path_len;
    c->path.data[c->path.len] = '\0';
    ocib_buf_printf(&c->path, "%s%s", c->path.len ? "/" : "", name);
    if (fstatat(f->from_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return failed(c, err);
    }
    return S_ISDIR(st.st_mode) ? enter_folder(c, name, err) : copy_file(c, name, &st, err);
}

static void copy_release(struct copy *c)
{
    for (size_t i = 0; i < c->folders.len; i++) {
        folder_release(&c->folders.items[i]);
    }
    ocib_vec_release(&c->folders);
    ocib_map_free(c->links);
    ocib_buf_release(&c->path);
}

static int copy_all(struct copy *c, int root_fd, int dest_fd, struct ocib_error **err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    ocib_buf_init(&c->path);
    int from_fd = openat(root_fd, ".", flags);
    int to_fd = openat(dest_fd, ".", flags);
    int status = enter(c, from_fd, to_fd, err);
    while (status == 0 && c->folders.len) {
        status = step(c, err);
    }
    return status;
}

int ocib_tree_copy(int root_fd, int dest_fd, struct ocib_error **err)
{
    OCIB_AUTO(copy_release)
    struct copy c = {.links = ocib_map_new(free), .root_fd = dest_fd};
    return copy_all(&c, root_fd, dest_fd, err);
}

int ocib_tree_clone(int root_fd, int dest_fd, unsigned flags, struct ocib_error **err)
{
    OCIB_AUTO(copy_release)
    struct copy c = {.links = ocib_map_new(free),
                     .root_fd = dest_fd,
                     .exact = true,
                     .no_devices = flags & OCIB_CLONE_NO_DEVICES,
                     .no_links = flags & OCIB_CLONE_NO_LINKS};
    return copy_all(&c, root_fd, dest_fd, err);
}

static int copy_content_as(int dir_fd, const char *name, const char *as, const struct stat *st)
{
    struct ocib_copy_ways ways = {0};
    OCIB_AUTO_FD int from = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    OCIB_AUTO_FD int to =
        openat(dir_fd, as, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return from < 0 || to < 0 || ocib_copy_content(from, to, st, &ways) < 0 ? -1 : 0;
}

static int copy_link_as(int dir_fd, const char *name, const char *as)
{
    OCIB_AUTO_FREE char *text = ocib_readlink_at(dir_fd, name);
    return text ? symlinkat(text, dir_fd, as) : -1;
}

static int copy_as(int dir_fd, const char *name, const char *as, const struct stat *st)
{
    const struct copy c = {.exact = true};
    OCIB_AUTO(ocib_xattrs_release) struct ocib_xattrs xattrs = {0};
    int made = S_ISREG(st->st_mode) ? copy_content_as(dir_fd, name, as, st)
               : S_ISLNK(st->st_mode)
                   ? copy_link_as(dir_fd, name, as)
                   : mknodat(dir_fd, as, st->st_mode & (S_IFMT | 0600), st->st_rdev);
    if (made < 0 || ocib_xattrs_read(dir_fd, name, goes_along, &xattrs) < 0) {
        return -1;
    }
    return set_attributes(&c, dir_fd, as, st, &xattrs);
}

int ocib_file_separate(int dir_fd, const char *name, const char *spare)
{
    struct stat folder;
    struct stat st;
    if (fstat(dir_fd, &folder) < 0 || fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        copy_as(dir_fd, name, spare, &st) < 0 || renameat(dir_fd, spare, dir_fd, name) < 0) {
        return -1;
    }
    const struct timespec times[2] = {folder.st_atim, folder.st_mtim};
    return futimens(dir_fd, times);
}
