#include "build/copy.h"

#include "base/mem.h"
#include "build/copy_target.h"
#include "sys/fd.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* --- the destination -------------------------------------------------------------------------- */

void ocib_last_folder_release(struct ocib_last_folder *last)
{
    ocib_fd_cleanup(&last->fd);
    free(last->path);
    *last = (struct ocib_last_folder){.fd = -1};
}

int ocib_target_resolve(const struct ocib_copying *copying, int root_fd, const char *path,
                        struct ocib_tree_path *out, struct ocib_error **err)
{
    struct ocib_tree tree = {.root_fd = root_fd};
    if (ocib_tree_resolve(&tree, path, out) == 0) {
        return 0;
    }
    if (errno == ENOTDIR) {
        return ocib_error_at(err, OCIB_EBUILD, copying->placing.span,
                             "can't copy to %s: /%s is not a folder", path, out->path.data);
    }
    return ocib_place_failed(&copying->placing, "copy to", path, err);
}

int ocib_target_folder(const struct ocib_copying *copying, const struct ocib_folder_how *how,
                       const char *path, struct ocib_error **err)
{
    OCIB_AUTO(ocib_tree_path_release) struct ocib_tree_path at = {0};
    if (ocib_target_resolve(copying, how->root_fd, path, &at, err) < 0) {
        return -1;
    }
    if (at.exists && !S_ISDIR(at.st.st_mode)) {
        return ocib_error_at(err, OCIB_EBUILD, copying->placing.span,
                             "can't copy to %s: /%s is not a folder", path, at.path.data);
    }
    struct ocib_mkdirs mkdirs = {
        .mode = how->mode, .uid = how->uid, .gid = how->gid, .exact = how->exact};
    if (!at.exists && ocib_mkdirs_in_root(how->root_fd, at.path.data, &mkdirs) < 0) {
        return ocib_place_failed(&copying->placing, "make folder", path, err);
    }
    int fd = ocib_open_in_root(how->root_fd, at.path.data, O_PATH | O_DIRECTORY, 0);
    return fd < 0 ? ocib_place_failed(&copying->placing, "open folder", path, err) : fd;
}

static struct ocib_folder_how parents_how(const struct ocib_copying *copying)
{
    const struct ocib_copy_target *target = copying->target;
    return (struct ocib_folder_how){
        .root_fd = target->root_fd,
        .mode = ocib_chmod_parent(&copying->selection->chmod),
        .uid = target->has_owner ? target->uid : 0,
        .gid = target->has_owner ? target->gid : 0,
    };
}

/*
 * The folder that a file goes to. A copy that is laid over a tree it doesn't see (--link) says of
 * each folder on the way what it is, also of those that are there: so these are left as the usual
 * ones, and --chown and --chmod are for what is copied alone.
 */
static struct ocib_folder_how way_how(const struct ocib_copying *copying)
{
    if (!copying->selection->op->link) {
        return parents_how(copying);
    }
    return (struct ocib_folder_how){.root_fd = copying->target->root_fd, .mode = 0755};
}

/* Makes the folders above the destination of such a copy. */
static int make_way(struct ocib_copying *copying, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *clean = ocib_path_clean(ocib_str(copying->selection->op->dest));
    struct ocib_folder_how how = way_how(copying);
    *strrchr(clean, '/') = '\0';
    OCIB_AUTO_FD int made = ocib_target_folder(copying, &how, clean, err);
    return made < 0 ? -1 : 0;
}

/* --- what an entry gets ----------------------------------------------------------------------- */

static struct ocib_place_meta meta_of(const struct ocib_copying *copying,
                                      const struct ocib_copy_pick *pick,
                                      const struct ocib_copy_entry *entry)
{
    const struct ocib_copy_target *target = copying->target;
    bool root = copying->selection->source.is_context || pick->file;
    mode_t bits = ocib_chmod_apply(&copying->selection->chmod, entry->mode, S_ISDIR(entry->mode));
    return (struct ocib_place_meta){
        .mode = (entry->mode & S_IFMT) | bits,
        .uid = target->has_owner ? target->uid
               : root            ? 0
                                 : entry->uid,
        .gid = target->has_owner ? target->gid
               : root            ? 0
                                 : entry->gid,
        .mtime = entry->mtime,
        .xattrs = entry->xattrs,
    };
}

/* What was read must be what was selected and hashed, or the cache would lie. */
static int check_unchanged(int fd, const char *path, const struct ocib_copy_entry *entry,
                           struct ocib_error **err)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && st.st_size == entry->size &&
        st.st_mtim.tv_sec == entry->mtime.tv_sec && st.st_mtim.tv_nsec == entry->mtime.tv_nsec) {
        return 0;
    }
    return ocib_error_set(err, OCIB_EINPUT, "%s changed while the build was reading it", path);
}

static int copy_source(struct ocib_copying *copying, const struct ocib_copy_pick *pick,
                       const struct ocib_copy_entry *entry, int to, const char *shown,
                       struct ocib_error **err)
{
    OCIB_AUTO_FREE char *path = ocib_copy_entry_path(pick, entry);
    struct stat st = ocib_copy_entry_stat(entry);
    OCIB_AUTO_FD int from =
        ocib_context_file_open(copying->selection->tree.root_fd, path, &st, err);
    if (from < 0 || fstat(from, &st) < 0) {
        return ocib_error_place_at(err, copying->placing.span);
    }
    st.st_size = entry->size;
    int copied = ocib_copy_content(from, to, &st, &copying->ways);
    int reason = errno;
    if (check_unchanged(from, path, entry, err) < 0) {
        return ocib_error_place_at(err, copying->placing.span);
    }
    errno = reason;
    return copied < 0 ? ocib_place_failed(&copying->placing, "write", shown, err) : 0;
}

static int copy_content(struct ocib_copying *copying, const struct ocib_copy_pick *pick,
                        const struct ocib_copy_entry *entry, int to, const char *shown,
                        struct ocib_error **err)
{
    if (entry->size == 0) {
        return 0; /* also in place of a socket, which can't be opened */
    }
    if (!pick->file) {
        return copy_source(copying, pick, entry, to, shown, err);
    }
    struct ocib_str content = pick->file->content;
    return ocib_fd_write_all(to, content.s, content.len) < 0
               ? ocib_place_failed(&copying->placing, "write", shown, err)
               : 0;
}

static int copy_file(struct ocib_copying *copying, const struct ocib_copy_pick *pick,
                     const struct ocib_copy_entry *entry, const struct ocib_place *place,
                     struct ocib_error **err)
{
    struct ocib_place_meta meta = meta_of(copying, pick, entry);
    OCIB_AUTO_FD int fd = ocib_place_file(&copying->placing, place, false, err);
    if (fd < 0 || copy_content(copying, pick, entry, fd, place->shown, err) < 0 ||
        ocib_place_finish(&copying->placing, place, fd, &meta, err) < 0) {
        return -1;
    }
    return ocib_fd_close(&fd, place->shown, err);
}

/* Anything but a folder. */
static int copy_entry(struct ocib_copying *copying, const struct ocib_copy_pick *pick,
                      const struct ocib_copy_entry *entry, const struct ocib_place *place,
                      struct ocib_error **err)
{
    if (S_ISREG(entry->mode)) {
        return copy_file(copying, pick, entry, place, err);
    }
    int made =
        S_ISLNK(entry->mode)
            ? ocib_place_symlink(&copying->placing, place, entry->link, false, err)
            : ocib_place_node(&copying->placing, place, entry->mode, entry->rdev, false, err);
    if (made < 0 || (made == 0 && !S_ISLNK(entry->mode))) {
        return made;
    }
    struct ocib_place_meta meta = meta_of(copying, pick, entry);
    return ocib_place_finish(&copying->placing, place, -1, &meta, err);
}

/* --- a folder's contents ---------------------------------------------------------------------- */

struct filling {
    struct ocib_copying *copying;
    const struct ocib_copy_pick *pick;
    const char *dest; /* for messages */
    int base_fd;
    struct ocib_last_folder last;
    struct {
        OCIB_VEC(size_t);
    } open; /* folders that may still get entries; they are finished when they don't */
};

/* The pick's; there may be none at all. */
static const struct ocib_copy_entry *entry_of(const struct filling *filling, size_t index)
{
    return &filling->copying->selection->entries.items[filling->pick->first + index];
}

static void filling_release(struct filling *filling)
{
    ocib_last_folder_release(&filling->last);
    ocib_vec_release(&filling->open);
}

/* The folder of an entry. It was made or looked at before, so there is no link on the way. */
static int place_of(struct filling *filling, const char *path, struct ocib_place *place,
                    struct ocib_error **err)
{
    const char *slash = strrchr(path, '/');
    OCIB_AUTO_FREE char *dir = ocib_strndup(path, slash ? (size_t)(slash - path) : 0);
    struct ocib_last_folder *last = &filling->last;
    if (!last->path || strcmp(last->path, dir) != 0) {
        ocib_last_folder_release(last);
        last->fd = ocib_open_beneath(filling->base_fd, dir, O_PATH | O_DIRECTORY, 0);
        if (last->fd < 0) {
            return ocib_place_failed(&filling->copying->placing, "open folder", dir, err);
        }
        last->path = ocib_steal(&dir);
    }
    place->dir_fd = last->fd;
    place->name = slash ? slash + 1 : path;
    return 0;
}

static int finish_folder(struct filling *filling, struct ocib_error **err)
{
    const struct ocib_copy_entry *entry =
        entry_of(filling, filling->open.items[--filling->open.len]);
    OCIB_AUTO_FREE char *shown = ocib_path_join(filling->dest, entry->path);
    struct ocib_place place = {.shown = shown};
    if (place_of(filling, entry->path, &place, err) < 0) {
        return -1;
    }
    struct ocib_place_meta meta = meta_of(filling->copying, filling->pick, entry);
    return ocib_place_finish(&filling->copying->placing, &place, -1, &meta, err);
}

static bool is_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && path[len] == '/';
}

/* Finishes the folders that this path (NULL: none more) is not below. */
static int finish_folders(struct filling *filling, const char *path, struct ocib_error **err)
{
    while (filling->open.len) {
        size_t top = filling->open.items[filling->open.len - 1];
        if (path && is_below(path, entry_of(filling, top)->path)) {
            return 0;
        }
        if (finish_folder(filling, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int fill_one(struct filling *filling, size_t index, struct ocib_error **err)
{
    struct ocib_copying *copying = filling->copying;
    const struct ocib_copy_entry *entry = entry_of(filling, index);
    OCIB_AUTO_FREE char *shown = ocib_path_join(filling->dest, entry->path);
    struct ocib_place place = {.shown = shown};
    if (finish_folders(filling, entry->path, err) < 0 ||
        place_of(filling, entry->path, &place, err) < 0) {
        return -1;
    }
    if (S_ISDIR(entry->mode)) {
        ocib_vec_push(&filling->open, index);
        return ocib_place_folder(&copying->placing, &place, false, NULL, err);
    }
    if (entry->twin != OCIB_NO_TWIN) {
        const char *twin = copying->selection->entries.items[entry->twin].path;
        return ocib_place_hardlink(&copying->placing, &place, filling->base_fd, twin, false, err);
    }
    return copy_entry(copying, filling->pick, entry, &place, err);
}

static int fill(struct filling *filling, struct ocib_error **err)
{
    for (size_t i = 0; i < filling->pick->count; i++) {
        if (fill_one(filling, i, err) < 0) {
            return -1;
        }
    }
    return finish_folders(filling, NULL, err);
}

/* The destination of a folder's contents keeps its mode and owner, but takes the source's time, be
 * it new or not (BuildKit). */
static int copy_folder(struct ocib_copying *copying, const struct ocib_copy_pick *pick,
                       struct ocib_error **err)
{
    const struct ocib_copy_op *op = copying->selection->op;
    struct ocib_folder_how how = parents_how(copying);
    OCIB_AUTO_FD int base_fd = ocib_target_folder(copying, &how, op->dest, err);
    if (base_fd < 0) {
        return -1;
    }
    OCIB_AUTO(filling_release)
    struct filling filling = {
        .copying = copying, .pick = pick, .dest = op->dest, .base_fd = base_fd, .last = {.fd = -1}};
    if (fill(&filling, err) < 0) {
        return -1;
    }
    struct timespec times[2] = {pick->top.mtime, pick->top.mtime};
    return utimensat(base_fd, ".", times, 0) < 0
               ? ocib_place_failed(&copying->placing, "set the times of", op->dest, err)
               : 0;
}

/* --- one file --------------------------------------------------------------------------------- */

/* "/a/" and "/a/." are the folder a; of "/a" the folder is "/". */
static char *folder_of(const char *dest)
{
    struct ocib_str text = ocib_str(dest);
    if (ocib_str_ends(text, "/") || ocib_str_ends(text, "/.")) {
        return ocib_path_clean(text);
    }
    ptrdiff_t slash = ocib_str_rfind(text, '/');
    return ocib_path_clean(ocib_str_sub(text, 0, (size_t)(slash < 0 ? 0 : slash)));
}

/* Opens the folder that a file goes to and gives the name that it gets there. */
static int open_place(struct ocib_copying *copying, const struct ocib_copy_pick *pick, char **name,
                      struct ocib_error **err)
{
    const char *dest = copying->selection->op->dest;
    struct ocib_folder_how how = way_how(copying);
    OCIB_AUTO_FREE char *clean = ocib_path_clean(ocib_str(dest));
    OCIB_AUTO_FREE char *folder = folder_of(dest);
    OCIB_AUTO_FD int made = ocib_target_folder(copying, &how, folder, err);
    OCIB_AUTO(ocib_tree_path_release) struct ocib_tree_path at = {0};
    if (made < 0 || ocib_target_resolve(copying, how.root_fd, clean, &at, err) < 0) {
        return -1;
    }
    if (at.exists && S_ISDIR(at.st.st_mode)) {
        *name = ocib_strdup(pick->name);
        return ocib_target_folder(copying, &how, at.path.data, err);
    }
    /* Links in the destination were followed, so the file's folder may be elsewhere. */
    ptrdiff_t slash = ocib_str_rfind(ocib_buf_str(&at.path), '/');
    *name = ocib_strdup(at.path.data + slash + 1);
    OCIB_AUTO_FREE char *parent = ocib_strndup(at.path.data, (size_t)(slash < 0 ? 0 : slash));
    return ocib_target_folder(copying, &how, parent, err);
}

static int copy_one(struct ocib_copying *copying, const struct ocib_copy_pick *pick,
                    struct ocib_error **err)
{
    OCIB_AUTO_FREE char *name = NULL;
    OCIB_AUTO_FD int dir_fd = open_place(copying, pick, &name, err);
    if (dir_fd < 0) {
        return -1;
    }
    const char *dest = copying->selection->op->dest;
    bool in_folder = ocib_str_ends(ocib_str(dest), "/");
    OCIB_AUTO_FREE char *shown = in_folder ? ocib_path_join(dest, name) : ocib_strdup(dest);
    struct ocib_place place = {dir_fd, name, shown};
    return copy_entry(copying, pick, &pick->top, &place, err);
}

static int copy_pick(struct ocib_copying *copying, const struct ocib_copy_pick *pick,
                     struct ocib_error **err)
{
    if (S_ISDIR(pick->top.mode)) {
        return copy_folder(copying, pick, err);
    }
    if (copying->selection->op->unpack && S_ISREG(pick->top.mode) && pick->path && pick->top.size) {
        int unpacked = ocib_copy_archive(copying, pick, err);
        if (unpacked) {
            return unpacked < 0 ? -1 : 0;
        }
    }
    return copy_one(copying, pick, err);
}

int ocib_selection_copy(struct ocib_selection *selection, const struct ocib_copy_target *target,
                        struct ocib_error **err)
{
    struct ocib_copying copying = {
        .selection = selection,
        .target = target,
        .placing = {selection->span, selection->source.log, target->in_userns},
    };
    if (selection->op->link && make_way(&copying, err) < 0) {
        return ocib_error_place_at(err, selection->span);
    }
    for (size_t i = 0; i < selection->picks.len; i++) {
        if (copy_pick(&copying, &selection->picks.items[i], err) < 0) {
            return ocib_error_place_at(err, selection->span);
        }
    }
    return 0;
}
