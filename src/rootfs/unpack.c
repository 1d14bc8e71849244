#include "rootfs/unpack.h"

#include "base/mem.h"
#include "rootfs/overlay.h"
#include "rootfs/provided.h"
#include "rootfs/walk.h"
#include "sys/fd.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* image-spec, layer.md: "Whiteouts", "Opaque Whiteout". Other names in ".wh..wh." are aufs' own. */
static const char whiteout_prefix[] = ".wh.";
static const char own_prefix[] = ".wh..wh.";
static const char opaque_name[] = ".wh..wh..opq";

static struct timespec time_of(const struct ocib_tar_entry *entry)
{
    return (struct timespec){entry->mtime, entry->mtime_nsec};
}

static int failed(const struct ocib_tar_entry *entry, struct ocib_error **err)
{
    return ocib_error_set_errno(err, OCIB_ESTORE, "can't unpack %s", entry->path);
}

static bool is_whiteout(const struct stat *st)
{
    return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

static int make_whiteout(struct ocib_unpacking *u, int dir_fd, const char *name)
{
    return mknodat(dir_fd, name, S_IFCHR, makedev(0, 0));
}

static int put_whiteout(struct ocib_unpacking *u, const char *base,
                        const struct ocib_tar_entry *entry, struct ocib_error **err)
{
    const char *name = base + strlen(whiteout_prefix);
    struct stat st;
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        return ocib_error_set(err, OCIB_ECORRUPT, "whiteout %s names nothing", entry->path);
    }
    if (u->options->flat) {
        return ocib_flat_remove(u, name, err);
    }
    if (u->options->lowers->len == 0 || make_whiteout(u, u->folder_fd, name) == 0) {
        return 0;
    }
    if (errno != EEXIST || fstatat(u->folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return failed(entry, err);
    }
    /* What this layer itself has there stays; it only hides what is below. */
    if (!S_ISDIR(st.st_mode)) {
        return 0;
    }
    OCIB_AUTO_FREE char *path = ocib_place_join(u, name);
    return ocib_place_set_opaque(u, path, err);
}

/* Something that is not a folder is in the way of one: the new folder hides it. */
static int replace_by_dir(struct ocib_unpacking *u, const char *base,
                          const struct ocib_tar_entry *entry, struct ocib_error **err)
{
    if (unlinkat(u->folder_fd, base, 0) < 0 || mkdirat(u->folder_fd, base, 0700) < 0) {
        return failed(entry, err);
    }
    OCIB_AUTO_FREE char *path = ocib_place_join(u, base);
    return ocib_place_set_opaque(u, path, err);
}

static int put_dir(struct ocib_unpacking *u, const char *base, const struct ocib_tar_entry *entry,
                   struct ocib_error **err)
{
    struct timespec mtime = time_of(entry);
    struct stat st;
    if (mkdirat(u->folder_fd, base, 0700) < 0) {
        if (errno != EEXIST || fstatat(u->folder_fd, base, &st, AT_SYMLINK_NOFOLLOW) < 0) {
            return failed(entry, err);
        }
        if (!S_ISDIR(st.st_mode) && replace_by_dir(u, base, entry, err) < 0) {
            return -1;
        }
    }
    ocib_place_time(u, ocib_place_join(u, base), &mtime);
    return ocib_content_attributes(u, u->folder_fd, base, entry, err);
}

/* A link, fifo or device; -1 with errno. */
static int make_other(struct ocib_unpacking *u, const char *base,
                      const struct ocib_tar_entry *entry)
{
    if (S_ISLNK(entry->mode)) {
        return symlinkat(entry->linkname, u->folder_fd, base);
    }
    return mknodat(u->folder_fd, base, (entry->mode & S_IFMT) | 0600, entry->rdev);
}

static int put_other(struct ocib_unpacking *u, const char *base, const struct ocib_tar_entry *entry,
                     struct ocib_error **err)
{
    bool device = S_ISCHR(entry->mode) || S_ISBLK(entry->mode);
    if (S_ISCHR(entry->mode) && entry->rdev == makedev(0, 0)) {
        /* It would be the overlay's sign for "removed". */
        ocib_log(u->options->log, OCIB_LOG_WARNING, "device 0:0 %s is left out", entry->path);
        return 0;
    }
    int made = make_other(u, base, entry);
    if (made < 0 && errno == EEXIST) {
        if (ocib_unpack_clear(u, base, err) < 0) {
            return -1;
        }
        made = make_other(u, base, entry);
    }
    if (made < 0 && device && u->options->in_userns && errno == EPERM) {
        ocib_log(u->options->log, OCIB_LOG_WARNING,
                 "device %s is left out: only root can make devices", entry->path);
        return 0;
    }
    return made < 0 ? failed(entry, err)
                    : ocib_content_attributes(u, u->folder_fd, base, entry, err);
}

/* A hard link's first name as it is in this layer. */
struct target {
    int folder_fd;
    char *base;
};

static void target_release(struct target *target)
{
    ocib_fd_cleanup(&target->folder_fd);
    free(target->base);
}

/* Brings the first name up into this layer if it is only below. */
static int find_target(struct ocib_unpacking *u, const struct ocib_tar_entry *entry,
                       struct target *out, struct ocib_error **err)
{
    struct timespec mtime = time_of(entry);
    const char *base;
    struct stat st;
    if (ocib_place_parent(u, entry->linkname, &mtime, &base, err) < 0) {
        return -1;
    }
    out->base = ocib_strdup(base);
    out->folder_fd = fcntl(u->folder_fd, F_DUPFD_CLOEXEC, 0);
    if (out->folder_fd < 0) {
        return failed(entry, err);
    }
    if (fstatat(out->folder_fd, base, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        if (S_ISDIR(st.st_mode) || is_whiteout(&st)) {
            return ocib_error_set(err, OCIB_ECORRUPT, "%s is a hard link to %s, which is no file",
                                  entry->path, entry->linkname);
        }
        return 0;
    }
    OCIB_AUTO_FREE char *path = ocib_place_join(u, base);
    OCIB_AUTO_FD int below = -1;
    if (ocib_place_below(u, path, &below, err) < 0) {
        return -1;
    }
    if (below < 0 || fstat(below, &st) < 0 || S_ISDIR(st.st_mode)) {
        return ocib_error_set(err, OCIB_ECORRUPT, "%s is a hard link to %s, which is no file",
                              entry->path, entry->linkname);
    }
    return ocib_content_copy_up(u, path, below, base, err);
}

static bool same_file(const struct target *target, int dir_fd, const char *name)
{
    struct stat a;
    struct stat b;
    return fstatat(target->folder_fd, target->base, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(dir_fd, name, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_ino == b.st_ino &&
           a.st_dev == b.st_dev;
}

static int put_hardlink(struct ocib_unpacking *u, const struct ocib_tar_entry *entry,
                        struct ocib_error **err)
{
    OCIB_AUTO(target_release) struct target target = {.folder_fd = -1};
    struct timespec mtime = time_of(entry);
    const char *base;
    if (find_target(u, entry, &target, err) < 0 ||
        ocib_place_parent(u, entry->path, &mtime, &base, err) < 0) {
        return -1;
    }
    ocib_flat_made(u, base);
    if (linkat(target.folder_fd, target.base, u->folder_fd, base, 0) == 0) {
        return 0;
    }
    if (errno != EEXIST) {
        return failed(entry, err);
    }
    if (same_file(&target, u->folder_fd, base)) {
        return 0;
    }
    if (ocib_unpack_clear(u, base, err) < 0) {
        return -1;
    }
    return linkat(target.folder_fd, target.base, u->folder_fd, base, 0) < 0 ? failed(entry, err)
                                                                            : 0;
}

static int put_entry(struct ocib_unpacking *u, struct ocib_tar_reader *tar,
                     const struct ocib_tar_entry *entry, struct ocib_error **err)
{
    struct timespec mtime = time_of(entry);
    const char *base;
    if (!*entry->path) {
        return 0; /* containers' engines don't let a layer change the root folder itself: so here */
    }
    if (entry->is_hardlink) {
        return put_hardlink(u, entry, err);
    }
    if (ocib_place_parent(u, entry->path, &mtime, &base, err) < 0) {
        return -1;
    }
    if (strcmp(base, opaque_name) == 0) {
        return u->options->flat ? ocib_flat_hide(u, u->folder.data, err)
                                : ocib_place_set_opaque(u, u->folder.data, err);
    }
    if (strncmp(base, own_prefix, strlen(own_prefix)) == 0) {
        return 0;
    }
    if (strncmp(base, whiteout_prefix, strlen(whiteout_prefix)) == 0) {
        return put_whiteout(u, base, entry, err);
    }
    ocib_flat_made(u, base);
    if (S_ISDIR(entry->mode)) {
        return put_dir(u, base, entry, err);
    }
    return S_ISREG(entry->mode) ? ocib_content_file(u, tar, base, entry, err)
                                : put_other(u, base, entry, err);
}

/* The root folder is as the one below, whatever the tar says of it. */
static int begin_root(struct ocib_unpacking *u, struct ocib_error **err)
{
    const struct ocib_unpack_options *o = u->options;
    struct timespec mtime = {0};
    struct stat st;
    if (o->flat) {
        ocib_flat_note(u, "");
        return 0;
    }
    if (o->lowers->len == 0) {
        const struct ocib_tar_entry root = {.path = "/", .mode = S_IFDIR | 0755};
        ocib_place_time(u, ocib_strdup(""), &mtime);
        return ocib_content_attributes(u, o->dest_fd, ".", &root, err);
    }
    const char *top = o->lowers->items[o->lowers->len - 1];
    if (stat(top, &st) < 0 || ocib_copy_attributes(AT_FDCWD, top, o->dest_fd, ".") < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't take over the attributes of %s", top);
    }
    ocib_place_time(u, ocib_strdup(""), &st.st_mtim);
    return 0;
}

/* An opaque root: the overlay knows no mark for it, so all that is below gets a whiteout. */
static int hide_root(struct ocib_unpacking *u, struct ocib_error **err)
{
    const struct ocib_unpack_options *o = u->options;
    OCIB_AUTO(ocib_names_release) struct ocib_names names = {0};
    OCIB_AUTO_FD int view =
        ocib_layers_view(o->lowers, o->work_fd, o->work_path, o->userxattr, err);
    if (view < 0) {
        return -1;
    }
    if (ocib_names_read(view, ".", &names) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't read the layers below");
    }
    for (size_t i = 0; i < names.len; i++) {
        const char *name = ocib_names_get(&names, i);
        if (make_whiteout(u, o->dest_fd, name) < 0 && errno != EEXIST) {
            return ocib_error_set_errno(err, OCIB_ESTORE, "can't remove %s", name);
        }
    }
    return 0;
}

static int set_times(struct ocib_unpacking *u, struct ocib_error **err)
{
    for (size_t i = 0; i < u->times.len; i++) {
        const struct ocib_folder_time *t = &u->times.items[i];
        const struct timespec both[2] = {t->mtime, t->mtime};
        OCIB_AUTO_FD int fd =
            ocib_open_no_links(u->options->dest_fd, t->path, O_RDONLY | O_DIRECTORY, 0);
        /* A later entry may have replaced the folder. */
        if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) {
            continue;
        }
        if (fd < 0 || futimens(fd, both) < 0) {
            return ocib_error_set_errno(err, OCIB_ESTORE, "can't set the time of folder %s",
                                        t->path);
        }
    }
    return 0;
}

static int unpack(struct ocib_unpacking *u, struct ocib_tar_reader *tar, struct ocib_error **err)
{
    struct ocib_tar_entry entry;
    int more;
    if (begin_root(u, err) < 0) {
        return -1;
    }
    while ((more = ocib_tar_reader_next(tar, &entry, err)) > 0) {
        if (put_entry(u, tar, &entry, err) < 0) {
            return -1;
        }
    }
    if (more < 0 || (u->root_opaque && hide_root(u, err) < 0)) {
        return -1;
    }
    return set_times(u, err);
}

static void release(struct ocib_unpacking *u)
{
    for (size_t i = 0; i < u->times.len; i++) {
        free(u->times.items[i].path);
    }
    ocib_vec_release(&u->times);
    ocib_map_free(u->opaque);
    ocib_map_free(u->made);
    ocib_buf_release(&u->asked);
    ocib_buf_release(&u->folder);
    ocib_fd_cleanup(&u->folder_fd);
    ocib_fd_cleanup(&u->view_fd);
    free(u->block);
}

int ocib_layer_unpack(struct ocib_tar_reader *tar, const struct ocib_unpack_options *options,
                      struct ocib_error **err)
{
    OCIB_AUTO(release)
    struct ocib_unpacking u = {
        .options = options,
        .view_fd = -1,
        .folder_fd = -1,
        .opaque = ocib_map_new(NULL),
        .made = ocib_map_new(NULL),
        .block = ocib_alloc(OCIB_UNPACK_BLOCK, 1),
    };
    ocib_buf_init(&u.asked);
    ocib_buf_init(&u.folder);
    return unpack(&u, tar, err);
}
