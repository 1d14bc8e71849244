#include "rootfs/aside.h"

#include "base/mem.h"
#include "rootfs/provided.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char *path; /* in the tree, without links */
    const struct ocib_provided *what;
    bool stashed; /* something was there: it is in the stash under the place's number */
};

struct ocib_aside {
    int root_fd;
    int stash_fd;
    struct {
        OCIB_VEC(struct place);
    } places;                    /* parents first */
    struct ocib_strings parents; /* folders that were made for them, parents first */
};

/* The folder that holds a path, and its times while names come and go in it. */
struct holder {
    int fd;
    const char *base;
    struct timespec times[2];
};

static void holder_release(struct holder *holder)
{
    ocib_fd_cleanup(&holder->fd);
}

static int hold(const struct ocib_aside *aside, const char *path, struct holder *out)
{
    struct stat st;
    const char *slash = strrchr(path, '/');
    OCIB_AUTO_FREE char *folder =
        slash ? ocib_strndup(path, (size_t)(slash - path)) : ocib_strdup(".");
    out->base = slash ? slash + 1 : path;
    out->fd = ocib_open_no_links(aside->root_fd, folder, O_RDONLY | O_DIRECTORY, 0);
    if (out->fd < 0 || fstat(out->fd, &st) < 0) {
        return -1;
    }
    out->times[0] = st.st_atim;
    out->times[1] = st.st_mtim;
    return 0;
}

static int let_go(const struct holder *holder)
{
    return futimens(holder->fd, holder->times);
}

static void stash_name(const struct ocib_aside *aside, const struct place *place, char out[32])
{
    snprintf(out, 32, "%zu", (size_t)(place - aside->places.items));
}

struct ocib_aside *ocib_aside_new(int root_fd, int stash_fd)
{
    struct ocib_aside *aside = ocib_new(struct ocib_aside);
    aside->root_fd = root_fd;
    aside->stash_fd = stash_fd;
    return aside;
}

void ocib_aside_free(struct ocib_aside *aside)
{
    if (!aside) {
        return;
    }
    for (size_t i = 0; i < aside->places.len; i++) {
        free(aside->places.items[i].path);
    }
    ocib_vec_release(&aside->places);
    ocib_strings_release(&aside->parents);
    free(aside);
}

/* --- putting ---------------------------------------------------------------------------------- */

static int make_parent(struct ocib_aside *aside, const char *path)
{
    OCIB_AUTO(holder_release) struct holder holder = {.fd = -1};
    struct stat st;
    if (hold(aside, path, &holder) < 0) {
        return -1;
    }
    if (fstatat(holder.fd, holder.base, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        return 0;
    }
    if (mkdirat(holder.fd, holder.base, 0755) < 0 ||
        fchmodat(holder.fd, holder.base, 0755, 0) < 0) { /* whatever the umask */
        return -1;
    }
    ocib_strings_push(&aside->parents, path);
    return let_go(&holder);
}

static int make_parents(struct ocib_aside *aside, const char *path)
{
    for (size_t i = 1; path[i]; i++) {
        OCIB_AUTO_FREE char *parent = path[i] == '/' ? ocib_strndup(path, i) : NULL;
        if (parent && make_parent(aside, parent) < 0) {
            return -1;
        }
    }
    return 0;
}

/* A folder looks as the one that it stands for. */
static int make_dir(const struct ocib_aside *aside, const struct holder *holder,
                    const struct place *place, const char *stashed)
{
    struct stat st;
    if (mkdirat(holder->fd, holder->base, 0700) < 0) {
        return -1;
    }
    if (place->stashed && fstatat(aside->stash_fd, stashed, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(st.st_mode)) {
        return ocib_copy_attributes(aside->stash_fd, stashed, holder->fd, holder->base);
    }
    return fchmodat(holder->fd, holder->base, place->what->mode & 07777, 0);
}

static int make_file(const struct holder *holder, const struct ocib_provided *what)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    struct ocib_str content = ocib_str(what->content);
    OCIB_AUTO_FD int fd = openat(holder->fd, holder->base, flags, 0600);
    if (fd < 0 || ocib_fd_write_all(fd, content.s, content.len) < 0) {
        return -1;
    }
    return fchmod(fd, what->mode & 07777);
}

static int put(struct ocib_aside *aside, struct place *place)
{
    OCIB_AUTO(holder_release) struct holder holder = {.fd = -1};
    char name[32];
    stash_name(aside, place, name);
    if (make_parents(aside, place->path) < 0 || hold(aside, place->path, &holder) < 0) {
        return -1;
    }
    place->stashed = renameat(holder.fd, holder.base, aside->stash_fd, name) == 0;
    if (!place->stashed && errno != ENOENT) {
        return -1;
    }
    int made = place->what->is_dir ? make_dir(aside, &holder, place, name)
                                   : make_file(&holder, place->what);
    return made < 0 ? -1 : let_go(&holder);
}

static int by_path(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    return strcmp(left->path, right->path);
}

/* Looked up before anything is put. Of two at one place the last one counts. */
static void find_places(struct ocib_aside *aside, const struct ocib_provided *provided,
                        size_t count)
{
    OCIB_AUTO_BUF struct ocib_buf path = {0};
    ocib_buf_init(&path);
    for (size_t i = 0; i < count; i++) {
        if (ocib_provided_place(aside->root_fd, &provided[i], &path) == 0 && path.len) {
            struct place *place = NULL;
            for (size_t j = 0; j < aside->places.len; j++) {
                bool same = strcmp(aside->places.items[j].path, path.data) == 0;
                place = same ? &aside->places.items[j] : place;
            }
            if (!place) {
                place = ocib_vec_add(&aside->places);
                place->path = ocib_strdup(path.data);
            }
            place->what = &provided[i];
        }
    }
    if (aside->places.len) {
        qsort(aside->places.items, aside->places.len, sizeof(*aside->places.items), by_path);
    }
}

int ocib_aside_put(struct ocib_aside *aside, const struct ocib_provided *provided, size_t count,
                   struct ocib_error **err)
{
    find_places(aside, provided, count);
    for (size_t i = 0; i < aside->places.len; i++) {
        struct place *place = &aside->places.items[i];
        if (put(aside, place) < 0) {
            return ocib_error_set_errno(err, OCIB_ESTORE, "can't provide %s", place->what->path);
        }
    }
    return 0;
}

/* --- taking out ------------------------------------------------------------------------------- */

static bool is_gone(int number)
{
    return number == ENOENT || number == ENOTDIR || number == ELOOP;
}

static int take(struct ocib_aside *aside, const struct place *place, struct ocib_error **err)
{
    OCIB_AUTO(holder_release) struct holder holder = {.fd = -1};
    char name[32];
    stash_name(aside, place, name);
    if (hold(aside, place->path, &holder) < 0) {
        return is_gone(errno)
                   ? 0
                   : ocib_error_set_errno(err, OCIB_ESTORE, "can't restore %s", place->path);
    }
    if (ocib_remove_tree(holder.fd, holder.base, err) < 0) {
        return -1;
    }
    if (place->stashed && renameat(aside->stash_fd, name, holder.fd, holder.base) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't restore %s", place->path);
    }
    return let_go(&holder) < 0
               ? ocib_error_set_errno(err, OCIB_ESTORE, "can't restore the time of a folder")
               : 0;
}

/* Only if the step has put nothing there. */
static int take_parent(struct ocib_aside *aside, const char *path)
{
    OCIB_AUTO(holder_release) struct holder holder = {.fd = -1};
    if (hold(aside, path, &holder) < 0) {
        return is_gone(errno) ? 0 : -1;
    }
    if (unlinkat(holder.fd, holder.base, AT_REMOVEDIR) < 0) {
        return errno == ENOTEMPTY || errno == EEXIST || is_gone(errno) ? 0 : -1;
    }
    return let_go(&holder);
}

int ocib_aside_take(struct ocib_aside *aside, struct ocib_error **err)
{
    for (size_t i = aside->places.len; i > 0; i--) {
        if (take(aside, &aside->places.items[i - 1], err) < 0) {
            return -1;
        }
    }
    for (size_t i = aside->parents.len; i > 0; i--) {
        if (take_parent(aside, aside->parents.items[i - 1]) < 0) {
            return ocib_error_set_errno(err, OCIB_ESTORE, "can't remove %s",
                                        aside->parents.items[i - 1]);
        }
    }
    return 0;
}
