#include "base/mem.h"
#include "rootfs/overlay.h"
#include "rootfs/unpack.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/path.h"
#include "sys/xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* as path_resolution(7) */

void ocib_place_time(struct ocib_unpacking *u, char *path, const struct timespec *mtime)
{
    ocib_vec_push(&u->times, ((struct ocib_folder_time){path, *mtime}));
}

char *ocib_place_join(const struct ocib_unpacking *u, const char *base)
{
    return u->folder.len ? ocib_format("%s/%s", u->folder.data, base) : ocib_strdup(base);
}

int ocib_unpack_clear(struct ocib_unpacking *u, const char *base, struct ocib_error **err)
{
    return ocib_remove_tree(u->folder_fd, base, err);
}

int ocib_place_set_opaque(struct ocib_unpacking *u, const char *path, struct ocib_error **err)
{
    const char *name = ocib_overlay_opaque(u->options->userxattr);
    if (u->options->lowers->len == 0) {
        return 0; /* there is nothing to hide */
    }
    if (*path == '\0') {
        u->root_opaque = true; /* the overlay does not look for the mark there */
    } else if (ocib_xattr_set(u->options->dest_fd, path, name, OCIB_STR("y")) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't mark folder %s as opaque", path);
    }
    ocib_map_set(u->opaque, ocib_str(path), u->opaque);
    return 0;
}

static bool is_hidden(const struct ocib_unpacking *u, const char *path)
{
    if (u->root_opaque) {
        return true;
    }
    for (size_t i = 0; ocib_map_len(u->opaque) && path[i]; i++) {
        bool ends = path[i + 1] == '/' || path[i + 1] == '\0';
        if (ends && ocib_map_get(u->opaque, (struct ocib_str){path, i + 1})) {
            return true;
        }
    }
    return false;
}

static int open_view(struct ocib_unpacking *u, struct ocib_error **err)
{
    const struct ocib_unpack_options *o = u->options;
    if (u->view_fd < 0) {
        u->view_fd = ocib_layers_view(o->lowers, o->work_fd, o->work_path, o->userxattr, err);
    }
    return u->view_fd;
}

int ocib_place_below(struct ocib_unpacking *u, const char *path, int *fd, struct ocib_error **err)
{
    *fd = -1;
    if (u->options->lowers->len == 0 || is_hidden(u, path)) {
        return 0;
    }
    if (open_view(u, err) < 0) {
        return -1;
    }
    *fd = ocib_open_no_links(u->view_fd, path, O_PATH | O_NOFOLLOW, 0);
    /* The layer may have a folder where a link or a file is below: that is hidden, too. */
    if (*fd >= 0 || errno == ENOENT || errno == ENOTDIR || errno == ELOOP) {
        return 0;
    }
    return ocib_error_set_errno(err, OCIB_ESTORE, "can't look up %s in the layers below", path);
}

/* A walk along a path that may lead through links. u->folder is where it is. */
struct walk {
    struct ocib_unpacking *u;
    const char *whole; /* for messages */
    const struct timespec *mtime;
    char *rest; /* what `left` points into */
    struct ocib_str left;
    unsigned links;
};

static int fail(const struct walk *w, struct ocib_error **err)
{
    return ocib_error_set_errno(err, OCIB_ESTORE, "can't make folder %s of %s", w->u->folder.data,
                                w->whole);
}

/* The last part is a link: its text goes before what is left. */
static int follow(struct walk *w, const char *text, struct ocib_error **err)
{
    if (++w->links > LINKS_MAX || w->left.len > 2 * PATH_MAX) {
        return ocib_error_set(err, OCIB_ECORRUPT, "the path of %s leads through too many links",
                              w->whole);
    }
    ocib_path_pop(&w->u->folder);
    if (text[0] == '/') {
        ocib_buf_clear(&w->u->folder);
    }
    char *rest = ocib_format("%s/%.*s", text, OCIB_STR_ARG(w->left));
    free(w->rest);
    w->rest = rest;
    w->left = ocib_str(rest);
    return 0;
}

static int make_new(struct walk *w, struct ocib_error **err)
{
    struct ocib_unpacking *u = w->u;
    const char *path = u->folder.data;
    const struct ocib_tar_entry plain = {.path = path, .mode = S_IFDIR | 0755};
    if (u->options->flat) {
        ocib_map_set(u->made, ocib_buf_str(&u->folder), u->made);
    }
    if (mkdirat(u->options->dest_fd, path, 0700) < 0) {
        return fail(w, err);
    }
    ocib_place_time(u, ocib_strdup(path), w->mtime);
    return ocib_content_attributes(u, u->options->dest_fd, path, &plain, err);
}

static bool not_overlays(const char *attribute)
{
    return !ocib_overlay_owns(attribute);
}

/* A folder as the one below. */
static int make_like(struct walk *w, int below, const struct stat *st, struct ocib_error **err)
{
    struct ocib_unpacking *u = w->u;
    const char *path = u->folder.data;
    OCIB_AUTO(ocib_xattrs_release) struct ocib_xattrs xattrs = {0};
    const struct ocib_tar_entry like = {
        .path = path, .mode = st->st_mode, .uid = st->st_uid, .gid = st->st_gid, .xattrs = &xattrs};
    if (ocib_xattrs_read(below, ".", not_overlays, &xattrs) < 0 ||
        mkdirat(u->options->dest_fd, path, 0700) < 0) {
        return fail(w, err);
    }
    ocib_place_time(u, ocib_strdup(path), &st->st_mtim);
    return ocib_content_attributes(u, u->options->dest_fd, path, &like, err);
}

static int not_a_folder(const struct walk *w, struct ocib_error **err)
{
    return ocib_error_set(err, OCIB_ECORRUPT, "%s lies in %s, which is not a folder", w->whole,
                          w->u->folder.data);
}

/* The layer lacks this part: what do the layers below have there? */
static int take_below(struct walk *w, struct ocib_error **err)
{
    OCIB_AUTO_FD int below = -1;
    struct stat st;
    if (ocib_place_below(w->u, w->u->folder.data, &below, err) < 0) {
        return -1;
    }
    if (below < 0) {
        return make_new(w, err);
    }
    if (fstat(below, &st) < 0) {
        return fail(w, err);
    }
    if (S_ISDIR(st.st_mode)) {
        return make_like(w, below, &st, err);
    }
    if (!S_ISLNK(st.st_mode)) {
        return not_a_folder(w, err);
    }
    OCIB_AUTO_FREE char *text = ocib_readlink_at(below, "");
    return text ? follow(w, text, err) : fail(w, err);
}

/* One part further. */
static int step(struct walk *w, struct ocib_str part, struct ocib_error **err)
{
    struct ocib_unpacking *u = w->u;
    struct stat st;
    if (ocib_str_is(part, "..")) {
        ocib_path_pop(&u->folder);
        return 0;
    }
    ocib_path_push(&u->folder, part);
    if (fstatat(u->options->dest_fd, u->folder.data, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return errno == ENOENT ? take_below(w, err) : fail(w, err);
    }
    if (S_ISDIR(st.st_mode)) {
        ocib_flat_note(u, u->folder.data);
        return 0;
    }
    if (S_ISLNK(st.st_mode)) {
        OCIB_AUTO_FREE char *text = ocib_readlink_at(u->options->dest_fd, u->folder.data);
        return text ? follow(w, text, err) : fail(w, err);
    }
    if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(0, 0)) {
        return not_a_folder(w, err);
    }
    /* A whiteout, then something new in its place: a folder that hides the old one. */
    if (unlinkat(u->options->dest_fd, u->folder.data, 0) < 0) {
        return fail(w, err);
    }
    return make_new(w, err) < 0 ? -1 : ocib_place_set_opaque(u, u->folder.data, err);
}

static int walk_to(struct ocib_unpacking *u, const char *path, const struct timespec *mtime,
                   struct ocib_error **err)
{
    struct walk w = {.u = u, .whole = path, .mtime = mtime, .rest = ocib_strdup(u->asked.data)};
    struct ocib_str part;
    int status = 0;
    w.left = ocib_str(w.rest);
    ocib_buf_clear(&u->folder);
    while (status == 0 && ocib_str_cut(&w.left, '/', &part)) {
        if (part.len && !ocib_str_is(part, ".")) {
            status = step(&w, part, err);
        }
    }
    free(w.rest);
    return status;
}

int ocib_place_parent(struct ocib_unpacking *u, const char *path, const struct timespec *mtime,
                      const char **base, struct ocib_error **err)
{
    const int flags = O_PATH | O_DIRECTORY;
    ptrdiff_t slash = ocib_str_rfind(ocib_str(path), '/');
    struct ocib_str parent = {path, slash < 0 ? 0 : (size_t)slash};
    *base = path + slash + 1;
    if (u->folder_fd >= 0 && ocib_str_eq(parent, ocib_buf_str(&u->asked))) {
        return 0;
    }
    ocib_fd_cleanup(&u->folder_fd);
    ocib_buf_clear(&u->asked);
    ocib_buf_add_str(&u->asked, parent);
    ocib_buf_clear(&u->folder);
    ocib_buf_add_str(&u->folder, parent);
    u->folder_fd = ocib_open_no_links(u->options->dest_fd, u->asked.data, flags, 0);
    if (u->folder_fd >= 0) {
        ocib_flat_note(u, u->folder.data);
        return 0;
    }
    if (walk_to(u, path, mtime, err) < 0) {
        return -1;
    }
    u->folder_fd = ocib_open_no_links(u->options->dest_fd, u->folder.data, flags, 0);
    if (u->folder_fd < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't open folder %s", u->folder.data);
    }
    return 0;
}
