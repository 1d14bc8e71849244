#include "base/mem.h"
#include "rootfs/emit.h"
#include "rootfs/overlay.h"
#include "rootfs/provided.h"
#include "rootfs/walk.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "sys/xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* A folder on the way down. */
struct level {
    int upper_fd;
    int lower_fd;    /* the same folder as it was; -1: there was none */
    size_t path_len; /* of its path in diff.path */
    struct stat st;
    bool written;
    bool opaque; /* it, or a folder that it lies in, hides what was there */
    bool may_hold_xattr_whiteouts;
    struct ocib_names names; /* of the upper folder; if it is opaque also of the lower one */
    size_t next;
};

struct diff {
    const struct ocib_diff_options *options;
    struct ocib_emitter emitter;
    bool plain;  /* a tree, not an overlay's upper folder: nothing in it has a second meaning */
    int view_fd; /* the layers below as one tree; -1: there are none */
    struct ocib_strings provided; /* where the provided paths lie */
    struct ocib_buf path;
    struct {
        OCIB_VEC(struct level);
    } levels; /* the first is the root */
};

static struct level *top(struct diff *d)
{
    return &d->levels.items[d->levels.len - 1];
}

static int unreadable(const struct diff *d, struct ocib_error **err)
{
    return ocib_error_set_errno(err, OCIB_ESTORE, "can't read %s",
                                d->path.len ? d->path.data : "the changed tree");
}

/* Provided paths. */

static bool is_provided(const struct diff *d)
{
    return ocib_strings_has(&d->provided, d->path.data);
}

static bool leads_to_provided(const struct diff *d)
{
    for (size_t i = 0; i < d->provided.len; i++) {
        const char *path = d->provided.items[i];
        if (strncmp(path, d->path.data, d->path.len) == 0 && path[d->path.len] == '/') {
            return true;
        }
    }
    return false;
}

static int place_provided(struct diff *d, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf place = {0};
    ocib_buf_init(&place);
    for (size_t i = 0; i < d->options->provided_count; i++) {
        if (ocib_provided_place(d->view_fd, &d->options->provided[i], &place) == 0) {
            ocib_strings_push(&d->provided, place.data);
        }
    }
    return 0;
}

/* What the names of an upper folder stand for. */

static bool has_xattr_whiteout(struct diff *d, int dir_fd, const char *name)
{
    OCIB_AUTO_BUF struct ocib_buf value = {0};
    ocib_buf_init(&value);
    return ocib_xattr_get(dir_fd, name, ocib_overlay_whiteout(d->options->userxattr), &value) == 0;
}

/* overlayfs.rst, "whiteouts and opaque directories": a device 0:0, or an empty file with a mark in
 * a folder that says it may hold such. */
static bool is_whiteout(struct diff *d, const char *name, const struct stat *st)
{
    if (d->plain) {
        return false;
    }
    if (S_ISCHR(st->st_mode)) {
        return st->st_rdev == makedev(0, 0);
    }
    return top(d)->may_hold_xattr_whiteouts && S_ISREG(st->st_mode) && st->st_size == 0 &&
           has_xattr_whiteout(d, top(d)->upper_fd, name);
}

/* 'y': hides what was below, 'x': may hold whiteouts with a mark, 0: neither. */
static char opaque_mark(struct diff *d, int fd)
{
    OCIB_AUTO_BUF struct ocib_buf value = {0};
    ocib_buf_init(&value);
    if (d->plain ||
        ocib_xattr_get(fd, ".", ocib_overlay_opaque(d->options->userxattr), &value) < 0) {
        return 0;
    }
    return value.len == 1 ? value.data[0] : 0;
}

/* Comparing. */

static int same_xattrs(struct diff *d, int upper_fd, int lower_fd, const char *name, bool *same,
                       struct ocib_error **err)
{
    OCIB_AUTO(ocib_xattrs_release) struct ocib_xattrs upper = {0};
    OCIB_AUTO(ocib_xattrs_release) struct ocib_xattrs lower = {0};
    if (ocib_xattrs_read(upper_fd, name, ocib_emit_wants, &upper) < 0 ||
        ocib_xattrs_read(lower_fd, name, ocib_emit_wants, &lower) < 0) {
        return unreadable(d, err);
    }
    *same = ocib_xattrs_eq(&upper, &lower);
    return 0;
}

static bool same_owner_and_mode(const struct stat *a, const struct stat *b)
{
    return a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid;
}

static bool same_stat(const struct stat *a, const struct stat *b)
{
    bool device = S_ISCHR(a->st_mode) || S_ISBLK(a->st_mode);
    return same_owner_and_mode(a, b) && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_size == b->st_size &&
           (!device || a->st_rdev == b->st_rdev);
}

static int same_text(struct diff *d, const char *name, bool *same, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *upper = ocib_readlink_at(top(d)->upper_fd, name);
    OCIB_AUTO_FREE char *lower = ocib_readlink_at(top(d)->lower_fd, name);
    if (!upper || !lower) {
        return unreadable(d, err);
    }
    *same = strcmp(upper, lower) == 0;
    return 0;
}

static int same_bytes(struct diff *d, const char *name, bool *same, struct ocib_error **err)
{
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    const size_t half = OCIB_EMIT_BLOCK / 2;
    char *block = d->emitter.block;
    OCIB_AUTO_FD int upper = openat(top(d)->upper_fd, name, flags);
    OCIB_AUTO_FD int lower = openat(top(d)->lower_fd, name, flags);
    ssize_t n;
    *same = true;
    do {
        n = upper < 0 || lower < 0 ? -1 : ocib_fd_read_full(upper, block, half);
        ssize_t m = n < 0 ? -1 : ocib_fd_read_full(lower, block + half, half);
        if (m < 0) {
            return unreadable(d, err);
        }
        *same = n == m && memcmp(block, block + half, (size_t)n) == 0;
    } while (*same && n > 0);
    return 0;
}

/* Whether a file was only copied up. One with several names counts as changed: it got a name. */
static int is_unchanged(struct diff *d, const char *name, const struct stat *upper,
                        const struct stat *lower, bool *same, struct ocib_error **err)
{
    bool linked = upper->st_nlink > 1;
    *same = !linked && same_stat(upper, lower);
    if (*same && same_xattrs(d, top(d)->upper_fd, top(d)->lower_fd, name, same, err) < 0) {
        return -1;
    }
    if (*same && S_ISLNK(upper->st_mode)) {
        return same_text(d, name, same, err);
    }
    return *same && S_ISREG(upper->st_mode) ? same_bytes(d, name, same, err) : 0;
}

/* Writing. */

/* The folders that the current path lies in come first. */
static int write_folders(struct diff *d, struct ocib_error **err)
{
    for (size_t i = 1; i < d->levels.len; i++) {
        struct level *level = &d->levels.items[i];
        if (level->written) {
            continue;
        }
        OCIB_AUTO_FREE char *path = ocib_strndup(d->path.data, level->path_len);
        level->written = true;
        if (ocib_emit(&d->emitter, level->upper_fd, ".", path, &level->st, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int write_whiteout(struct diff *d, struct ocib_error **err)
{
    if (is_provided(d)) {
        return 0;
    }
    return write_folders(d, err) < 0 ? -1 : ocib_emit_whiteout(&d->emitter, d->path.data, err);
}

static void warn(struct diff *d, const char *why)
{
    ocib_log(d->emitter.log, OCIB_LOG_WARNING, "%s is left out of the layer: %s", d->path.data,
             why);
}

static int write_file(struct diff *d, const char *name, const struct stat *upper,
                      const struct stat *lower, struct ocib_error **err)
{
    bool same = false;
    if (is_provided(d)) {
        return 0;
    }
    if (S_ISSOCK(upper->st_mode)) {
        warn(d, "it is a socket");
        return 0;
    }
    if (lower && is_unchanged(d, name, upper, lower, &same, err) < 0) {
        return -1;
    }
    if (same) {
        return 0;
    }
    return write_folders(d, err) < 0
               ? -1
               : ocib_emit(&d->emitter, top(d)->upper_fd, name, d->path.data, upper, err);
}

/* Folders. */

static void level_release(struct level *level)
{
    ocib_fd_cleanup(&level->upper_fd);
    ocib_fd_cleanup(&level->lower_fd);
    ocib_names_release(&level->names);
}

/* Whether a folder itself is to be written even if nothing in it is. */
static int folder_changed(struct diff *d, const struct level *level, bool *changed,
                          struct ocib_error **err)
{
    struct stat lower;
    bool same = true;
    if (level->lower_fd < 0) {
        /* One that was made only to hold a provided path leaves no trace. */
        *changed = !is_provided(d) && !leads_to_provided(d);
        return 0;
    }
    if (fstat(level->lower_fd, &lower) < 0 ||
        same_xattrs(d, level->upper_fd, level->lower_fd, ".", &same, err) < 0) {
        return unreadable(d, err);
    }
    *changed = !is_provided(d) && (!same || !same_owner_and_mode(&level->st, &lower));
    return 0;
}

static int read_names(struct diff *d, struct level *level, struct ocib_error **err)
{
    char mark = opaque_mark(d, level->upper_fd);
    level->may_hold_xattr_whiteouts = mark == 'x';
    level->opaque = mark == 'y' || (d->levels.len > 1 && level[-1].opaque);
    if (ocib_names_read(level->upper_fd, ".", &level->names) < 0) {
        return unreadable(d, err);
    }
    if (level->opaque && level->lower_fd >= 0 &&
        ocib_names_read(level->lower_fd, ".", &level->names) < 0) {
        return unreadable(d, err);
    }
    return 0;
}

/* Takes both descriptors; lower_fd may be -1. */
static int enter(struct diff *d, int upper_fd, int lower_fd, struct ocib_error **err)
{
    struct level *level = ocib_vec_add(&d->levels);
    bool changed = false;
    *level = (struct level){.upper_fd = upper_fd, .lower_fd = lower_fd, .path_len = d->path.len};
    if (fstat(upper_fd, &level->st) < 0) {
        return unreadable(d, err);
    }
    if (read_names(d, level, err) < 0) {
        return -1;
    }
    if (d->path.len && folder_changed(d, level, &changed, err) < 0) {
        return -1;
    }
    return changed ? write_folders(d, err) : 0;
}

static int enter_folder(struct diff *d, const char *name, const struct stat *lower,
                        struct ocib_error **err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int upper_fd = openat(top(d)->upper_fd, name, flags);
    if (upper_fd < 0) {
        return unreadable(d, err);
    }
    int lower_fd = -1;
    if (lower && S_ISDIR(lower->st_mode)) {
        lower_fd = openat(top(d)->lower_fd, name, flags);
        if (lower_fd < 0) {
            unreadable(d, err);
            close(upper_fd);
            return -1;
        }
    }
    return enter(d, upper_fd, lower_fd, err);
}

/* 1: there, 0: not there, -1. */
static int look(struct diff *d, int dir_fd, const char *name, struct stat *st,
                struct ocib_error **err)
{
    if (dir_fd < 0) {
        return 0;
    }
    if (fstatat(dir_fd, name, st, AT_SYMLINK_NOFOLLOW) == 0) {
        return 1;
    }
    return errno == ENOENT ? 0 : unreadable(d, err);
}

/* One layer below is looked at as a folder of its own, which may hold a whiteout of something that
 * was never there. */
static bool is_device_zero(const struct stat *st)
{
    return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

/* What no layer can hold was not there for those who have the layers only. */
static bool is_left_out(const struct diff *d, const char *name, const struct stat *st)
{
    return !d->plain && (S_ISSOCK(st->st_mode) || strncmp(name, ".wh.", 4) == 0);
}

/* d->path is the path of `name` in the top folder. */
static int handle(struct diff *d, const char *name, struct ocib_error **err)
{
    struct stat upper;
    struct stat lower;
    int has_upper = look(d, top(d)->upper_fd, name, &upper, err);
    int has_lower = look(d, top(d)->lower_fd, name, &lower, err);
    if (has_upper < 0 || has_lower < 0) {
        return -1;
    }
    has_lower = has_lower && !is_device_zero(&lower) && !is_left_out(d, name, &lower);
    if (!has_upper || is_whiteout(d, name, &upper)) {
        return has_lower ? write_whiteout(d, err) : 0;
    }
    if (!d->plain && strncmp(name, ".wh.", 4) == 0) {
        warn(d, "in a layer its name means that something is removed");
        return 0;
    }
    if (S_ISDIR(upper.st_mode)) {
        return enter_folder(d, name, has_lower ? &lower : NULL, err);
    }
    return write_file(d, name, &upper, has_lower ? &lower : NULL, err);
}

static void set_path(struct diff *d, size_t len, const char *name)
{
    d->path.len = len;
    d->path.data[len] = '\0';
    if (name) {
        if (len) {
            ocib_buf_putc(&d->path, '/');
        }
        ocib_buf_puts(&d->path, name);
    }
}

static int walk(struct diff *d, struct ocib_error **err)
{
    while (d->levels.len) {
        struct level *level = top(d);
        if (level->next == level->names.len) {
            level_release(level);
            d->levels.len--;
            continue;
        }
        const char *name = ocib_names_get(&level->names, level->next++);
        set_path(d, level->path_len, name);
        if (handle(d, name, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static void diff_init(struct diff *d, struct ocib_tar_writer *tar)
{
    *d = (struct diff){.view_fd = -1};
    ocib_emitter_init(&d->emitter);
    ocib_buf_init(&d->path);
    d->emitter.tar = tar;
}

static void diff_release(struct diff *d)
{
    for (size_t i = 0; i < d->levels.len; i++) {
        level_release(&d->levels.items[i]);
    }
    ocib_vec_release(&d->levels);
    ocib_emitter_release(&d->emitter);
    ocib_strings_release(&d->provided);
    ocib_fd_cleanup(&d->view_fd);
    ocib_buf_release(&d->path);
}

static int open_root(int fd, struct ocib_error **err)
{
    int root = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return root < 0 ? ocib_error_set_errno(err, OCIB_ESTORE, "can't read the tree") : root;
}

/* A folder without anything in it: no view of the layers is needed then. */
static bool is_empty(int fd)
{
    OCIB_AUTO(ocib_names_release) struct ocib_names names = {0};
    return ocib_names_read(fd, ".", &names) == 0 && names.len == 0;
}

static int diff_upper(struct diff *d, struct ocib_error **err)
{
    const struct ocib_diff_options *o = d->options;
    if (o->lowers->len) {
        d->view_fd = ocib_layers_view(o->lowers, o->work_fd, o->work_path, o->userxattr, err);
        if (d->view_fd < 0) {
            return -1;
        }
    }
    if (place_provided(d, err) < 0) {
        return -1;
    }
    int upper_fd = open_root(o->upper_fd, err);
    int lower_fd = upper_fd < 0 || d->view_fd < 0 ? -1 : open_root(d->view_fd, err);
    if (upper_fd < 0 || (d->view_fd >= 0 && lower_fd < 0)) {
        ocib_fd_cleanup(&upper_fd);
        return -1;
    }
    return enter(d, upper_fd, lower_fd, err) < 0 ? -1 : walk(d, err);
}

int ocib_layer_diff(const struct ocib_diff_options *options, struct ocib_tar_writer *tar,
                    struct ocib_diff_result *result, struct ocib_error **err)
{
    OCIB_AUTO(diff_release) struct diff d;
    diff_init(&d, tar);
    d.options = options;
    d.emitter.has_epoch = options->has_epoch;
    d.emitter.epoch = options->epoch;
    d.emitter.log = options->log;
    *result = (struct ocib_diff_result){0};
    if (is_empty(options->upper_fd)) {
        return 0;
    }
    if (diff_upper(&d, err) < 0) {
        return -1;
    }
    *result = d.emitter.result;
    return 0;
}

int ocib_tree_write(int root_fd, bool has_epoch, int64_t epoch, struct ocib_tar_writer *tar,
                    struct ocib_error **err)
{
    OCIB_AUTO(diff_release) struct diff d;
    diff_init(&d, tar);
    d.plain = true;
    d.emitter.has_epoch = has_epoch;
    d.emitter.epoch = epoch;
    int root = open_root(root_fd, err);
    return root < 0 || enter(&d, root, -1, err) < 0 ? -1 : walk(&d, err);
}
