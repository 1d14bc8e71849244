#include "rootfs/provided.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* as path_resolution(7) */

int ocib_copy_attributes(int from_fd, const char *from_name, int dir_fd, const char *name)
{
    struct stat st;
    if (fstatat(from_fd, from_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return -1;
    }
    struct timespec times[2] = {st.st_mtim, st.st_mtim};
    if (fchownat(dir_fd, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
        fchmodat(dir_fd, name, st.st_mode & 07777, 0) < 0) {
        return -1;
    }
    return utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW);
}

/* The link's text goes before what is left of the path. */
static int follow(int view_fd, struct ocib_buf *place, struct ocib_str left, char **rest)
{
    OCIB_AUTO_FREE char *text = ocib_readlink_at(view_fd, place->data);
    if (!text) {
        return -1;
    }
    ocib_path_pop(place);
    if (text[0] == '/') {
        place->len = 0;
        place->data[0] = '\0';
    }
    char *joined = ocib_format("%s/%.*s", text, OCIB_STR_ARG(left));
    free(*rest);
    *rest = joined;
    return 0;
}

/* `place` was just made longer by a part that others follow. 1: it was a link, *rest is new. */
static int check_parent(int view_fd, struct ocib_buf *place, struct ocib_str left, char **rest)
{
    struct stat st;
    if (view_fd < 0 || fstatat(view_fd, place->data, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return view_fd < 0 || errno == ENOENT ? 0 : -1;
    }
    if (S_ISLNK(st.st_mode)) {
        return follow(view_fd, place, left, rest) < 0 ? -1 : 1;
    }
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode) ? 0 : -1;
}

/* The same of the path's last part, which may be anything. */
static int check_end(int view_fd, struct ocib_buf *place, char **rest)
{
    struct stat st;
    if (view_fd < 0 || fstatat(view_fd, place->data, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISLNK(st.st_mode)) {
        return 0;
    }
    return follow(view_fd, place, OCIB_STR(""), rest) < 0 ? -1 : 1;
}

int ocib_provided_place(int view_fd, const struct ocib_provided *provided, struct ocib_buf *out)
{
    OCIB_AUTO_FREE char *rest = ocib_path_clean(ocib_str(provided->path));
    struct ocib_str left = ocib_str(rest);
    struct ocib_str part;
    unsigned links = 0;
    ocib_buf_clear(out);
    while (ocib_str_cut(&left, '/', &part)) {
        if (part.len == 0 || ocib_str_is(part, ".")) {
            continue;
        }
        if (ocib_str_is(part, "..")) {
            ocib_path_pop(out);
            continue;
        }
        ocib_path_push(out, part);
        int was_link = left.len           ? check_parent(view_fd, out, left, &rest)
                       : provided->follow ? check_end(view_fd, out, &rest)
                                          : 0;
        if (was_link < 0) {
            return -1;
        }
        if (was_link) {
            if (++links > LINKS_MAX) {
                errno = ELOOP;
                return -1;
            }
            left = ocib_str(rest);
        }
    }
    return 0;
}

/* The folder path[0..len) of the layer, looking as the one in the view. */
static int make_parent(int layer_fd, int view_fd, const char *path, size_t len)
{
    OCIB_AUTO_FREE char *folder = ocib_strndup(path, len);
    if (mkdirat(layer_fd, folder, 0755) < 0) {
        return errno == EEXIST ? 0 : -1;
    }
    if (view_fd >= 0 && ocib_copy_attributes(view_fd, folder, layer_fd, folder) == 0) {
        return 0;
    }
    return fchmodat(layer_fd, folder, 0755, 0); /* whatever the umask */
}

static int make_parents(int layer_fd, int view_fd, const char *path)
{
    for (size_t i = 1; path[i]; i++) {
        if (path[i] == '/' && make_parent(layer_fd, view_fd, path, i) < 0) {
            return -1;
        }
    }
    return 0;
}

static int make_dir(int layer_fd, int view_fd, const char *path, mode_t mode)
{
    struct stat st;
    if (mkdirat(layer_fd, path, 0755) < 0 && errno != EEXIST) {
        return -1;
    }
    bool there = view_fd >= 0 && fstatat(view_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && S_ISDIR(st.st_mode)) {
        return ocib_copy_attributes(view_fd, path, layer_fd, path);
    }
    return fchmodat(layer_fd, path, mode & 07777, 0);
}

static int make_file(int layer_fd, const char *path, const struct ocib_provided *provided)
{
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
    OCIB_AUTO_FD int fd = openat(layer_fd, path, flags, 0600);
    struct ocib_str content = ocib_str(provided->content);
    if (fd < 0 || ocib_fd_write_all(fd, content.s, content.len) < 0) {
        return -1;
    }
    return fchmod(fd, provided->mode & 07777);
}

static int make_one(int layer_fd, int view_fd, const struct ocib_provided *provided)
{
    OCIB_AUTO_BUF struct ocib_buf place = {0};
    ocib_buf_init(&place);
    if (ocib_provided_place(view_fd, provided, &place) < 0 || place.len == 0) {
        return 0;
    }
    if (make_parents(layer_fd, view_fd, place.data) < 0) {
        return -1;
    }
    return provided->is_dir ? make_dir(layer_fd, view_fd, place.data, provided->mode)
                            : make_file(layer_fd, place.data, provided);
}

/* The times of folders, last: making what is in them changed them. */
static void restore_times(int layer_fd, int view_fd, const struct ocib_provided *provided)
{
    OCIB_AUTO_BUF struct ocib_buf place = {0};
    ocib_buf_init(&place);
    if (view_fd < 0 || ocib_provided_place(view_fd, provided, &place) < 0) {
        return;
    }
    while (place.len) {
        struct stat st;
        if (fstatat(view_fd, place.data, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
            struct timespec times[2] = {st.st_mtim, st.st_mtim};
            (void)!utimensat(layer_fd, place.data, times, AT_SYMLINK_NOFOLLOW);
        }
        ocib_path_pop(&place);
    }
}

int ocib_provided_make(int layer_fd, int view_fd, const struct ocib_provided *provided,
                       size_t count, struct ocib_error **err)
{
    for (size_t i = 0; i < count; i++) {
        if (make_one(layer_fd, view_fd, &provided[i]) < 0) {
            return ocib_error_set_errno(err, OCIB_ESTORE, "can't provide %s", provided[i].path);
        }
    }
    for (size_t i = 0; i < count; i++) {
        restore_times(layer_fd, view_fd, &provided[i]);
    }
    return 0;
}
