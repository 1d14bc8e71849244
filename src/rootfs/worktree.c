#include "rootfs/worktree.h"

#include "base/mem.h"
#include "rootfs/emit.h"
#include "rootfs/print.h"
#include "rootfs/walk.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    TICK = 1000 * 1000, /* nanoseconds between two looks at the clock of the file system */
    TICKS_MAX = 1500,   /* some file systems keep whole seconds */
};

/* What the index knows of a file. There is one for each of the tree: kept small. */
struct entry {
    uint64_t inode;
    int64_t ctime;
    int64_t mtime;
    int64_t size;              /* of a device its number */
    struct ocib_digest *print; /* NULL: as in the pristine tree */
    struct folder *folder;     /* of a folder */
    uint32_t mtime_nsec;
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t links; /* 0: in no layer, so its end needs no whiteout */
};

/* The names are sorted, entries[i] is of the i-th. */
struct folder {
    struct ocib_names names;
    struct entry *entries;
};

struct ocib_worktree {
    struct ocib_worktree_options options;
    struct entry root;
    int64_t newest;  /* the latest ctime of the index */
    int64_t settled; /* ctimes before this tell changes */
};

/* A folder on the way down. */
struct level {
    int fd;
    struct stat st;
    size_t path_len;
    bool written;
    bool shrunk; /* something was taken out of it after its stat */
    struct folder *now;
    const struct folder *before; /* NULL: there was none */
    size_t next_now;
    size_t next_before;
};

/* A name of a file that has others: it shall be a file of its own. */
struct shared {
    char *path;
    struct entry *entry;
};

struct scan {
    struct ocib_worktree *tree;
    struct {
        OCIB_VEC(struct shared);
    } shared;
    struct ocib_emitter *emitter; /* NULL: nothing is written */
    struct ocib_buf path;
    struct {
        OCIB_VEC(struct level);
    } levels;
};

/* --- the index -------------------------------------------------------------------------------- */

static int64_t nanoseconds(const struct timespec *t)
{
    return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static bool is_device(mode_t mode)
{
    return S_ISCHR(mode) || S_ISBLK(mode);
}

static void entry_set(struct entry *entry, const struct stat *st)
{
    entry->inode = st->st_ino;
    entry->ctime = nanoseconds(&st->st_ctim);
    entry->mtime = st->st_mtim.tv_sec;
    entry->mtime_nsec = (uint32_t)st->st_mtim.tv_nsec;
    entry->size = is_device(st->st_mode) ? (int64_t)st->st_rdev : st->st_size;
    entry->mode = st->st_mode;
    entry->uid = st->st_uid;
    entry->gid = st->st_gid;
    entry->links = (uint32_t)st->st_nlink;
}

static struct folder *folder_new(void)
{
    return ocib_new(struct folder);
}

/* Frees an index from the bottom up: depth is bounded by memory only, so no recursion. */
static void entry_release(struct entry *root)
{
    struct {
        OCIB_VEC(struct folder *);
    } folders = {0};
    free(root->print);
    if (root->folder) {
        ocib_vec_push(&folders, root->folder);
    }
    while (folders.len) {
        struct folder *folder = folders.items[--folders.len];
        for (size_t i = 0; folder->entries && i < folder->names.len; i++) {
            free(folder->entries[i].print);
            if (folder->entries[i].folder) {
                ocib_vec_push(&folders, folder->entries[i].folder);
            }
        }
        ocib_names_release(&folder->names);
        free(folder->entries);
        free(folder);
    }
    ocib_vec_release(&folders);
    *root = (struct entry){0};
}

/* --- comparing -------------------------------------------------------------------------------- */

static struct level *top(struct scan *s)
{
    return &s->levels.items[s->levels.len - 1];
}

static int unreadable(const struct scan *s, struct ocib_error **err)
{
    return ocib_error_set_errno(err, OCIB_ESTORE, "can't read %s",
                                s->path.len ? s->path.data : "the changed tree");
}

static bool is_same_type(const struct entry *before, const struct stat *st)
{
    return (before->mode & S_IFMT) == (st->st_mode & S_IFMT);
}

static bool is_untouched(const struct ocib_worktree *tree, const struct entry *before,
                         const struct entry *now)
{
    return before->inode == now->inode && before->ctime == now->ctime &&
           before->ctime < tree->settled;
}

static bool is_same_owner_and_mode(const struct entry *a, const struct entry *b)
{
    return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid;
}

static int take_print(const struct scan *s, int dir_fd, const char *name, const struct stat *st,
                      struct ocib_digest **out, struct ocib_error **err)
{
    *out = ocib_new(struct ocib_digest);
    return ocib_print_take(dir_fd, name, st, *out) < 0 ? unreadable(s, err) : 0;
}

/* The print of the current path in the pristine tree; none if it isn't there any more. */
static void pristine_print(const struct scan *s, struct ocib_digest *out)
{
    struct stat st;
    const char *slash = strrchr(s->path.data, '/');
    OCIB_AUTO_FREE char *parent =
        slash ? ocib_strndup(s->path.data, (size_t)(slash - s->path.data)) : ocib_strdup(".");
    const char *name = slash ? slash + 1 : s->path.data;
    int root = s->tree->options.pristine_fd;
    OCIB_AUTO_FD int fd =
        root < 0 ? -1 : ocib_open_no_links(root, parent, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0 || fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        ocib_print_take(fd, name, &st, out) < 0) {
        *out = (struct ocib_digest){0};
    }
}

static bool has_print_of(const struct scan *s, const struct entry *before, const struct entry *now)
{
    struct ocib_digest print = {0};
    if (!before->print) {
        pristine_print(s, &print);
    }
    return ocib_digest_eq(before->print ? before->print : &print, now->print);
}

static bool is_same_file(const struct scan *s, const struct entry *before, const struct entry *now)
{
    return is_same_owner_and_mode(before, now) && before->mtime == now->mtime &&
           before->mtime_nsec == now->mtime_nsec && before->size == now->size &&
           has_print_of(s, before, now);
}

/* In an overlay a file that gets a further name is written with it. */
static bool has_new_name(const struct entry *before, const struct entry *now)
{
    return !S_ISDIR(now->mode) && now->links > 1 &&
           (before->links == 1 || before->inode != now->inode);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* The folders that the current path lies in come first. */
static int write_folders(struct scan *s, struct ocib_error **err)
{
    for (size_t i = 1; i < s->levels.len; i++) {
        struct level *level = &s->levels.items[i];
        if (level->written) {
            continue;
        }
        OCIB_AUTO_FREE char *path = ocib_strndup(s->path.data, level->path_len);
        level->written = true;
        if (ocib_emit(s->emitter, level->fd, ".", path, &level->st, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int write_whiteout(struct scan *s, struct ocib_error **err)
{
    if (!s->emitter) {
        return 0;
    }
    return write_folders(s, err) < 0 ? -1 : ocib_emit_whiteout(s->emitter, s->path.data, err);
}

/* What no layer can hold. */
static bool is_left_out(const char *name, const struct stat *st)
{
    return S_ISSOCK(st->st_mode) || strncmp(name, ".wh.", 4) == 0;
}

static void warn_left_out(const struct scan *s, const struct stat *st)
{
    ocib_log(s->tree->options.log, OCIB_LOG_WARNING, "%s is left out of the layer: %s",
             s->path.data,
             S_ISSOCK(st->st_mode) ? "it is a socket"
                                   : "in a layer its name means that something is removed");
}

static int write_file(struct scan *s, const char *name, const struct stat *st,
                      struct ocib_error **err)
{
    if (!s->emitter) {
        return 0;
    }
    return write_folders(s, err) < 0
               ? -1
               : ocib_emit(s->emitter, top(s)->fd, name, s->path.data, st, err);
}

/* --- walking ---------------------------------------------------------------------------------- */

static void take_over_print(struct entry *now, const struct entry *before)
{
    if (before->print) {
        now->print = ocib_new(struct ocib_digest);
        *now->print = *before->print;
    }
}

/* A first index of a copy notes no prints: the pristine tree has them. */
static bool is_first(const struct scan *s)
{
    return s->tree->root.mode == 0;
}

/* A node that a layer has: a step must not be able to open it. */
static int take_out_device(struct scan *s, const char *name, struct entry *now,
                           struct ocib_error **err)
{
    if (unlinkat(top(s)->fd, name, 0) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't remove device %s", s->path.data);
    }
    top(s)->shrunk = true;
    now->links = 0;
    return 0;
}

static int handle_file(struct scan *s, const char *name, const struct stat *st,
                       const struct entry *before, struct entry *now, struct ocib_error **err)
{
    bool existed = before && is_same_type(before, st) && before->links;
    if (st->st_nlink > 1) {
        ocib_vec_push(&s->shared, ((struct shared){ocib_strdup(s->path.data), now}));
    }
    if (existed && is_untouched(s->tree, before, now)) {
        take_over_print(now, before);
        return 0;
    }
    if (is_first(s)) {
        return 0;
    }
    if (take_print(s, top(s)->fd, name, st, &now->print, err) < 0) {
        return -1;
    }
    if (existed && !has_new_name(before, now) && is_same_file(s, before, now)) {
        return 0;
    }
    if (write_file(s, name, st, err) < 0) {
        return -1;
    }
    bool unwanted = s->tree->options.no_devices && is_device(st->st_mode);
    return unwanted ? take_out_device(s, name, now, err) : 0;
}

static void level_release(struct level *level)
{
    ocib_fd_cleanup(&level->fd);
}

static int fill_level(struct scan *s, struct level *level, struct ocib_error **err)
{
    struct folder *folder = level->now;
    if (ocib_names_read(level->fd, ".", &folder->names) < 0) {
        return unreadable(s, err);
    }
    folder->entries = ocib_alloc(folder->names.len + 1, sizeof(*folder->entries));
    return 0;
}

/* Whether a folder itself is to be written even if nothing in it is; *now gets its print. */
static int folder_changed(struct scan *s, const struct level *level, const struct entry *before,
                          struct entry *now, bool *changed, struct ocib_error **err)
{
    *changed = false;
    if (before && is_untouched(s->tree, before, now)) {
        take_over_print(now, before);
        return 0;
    }
    if (is_first(s)) {
        return 0;
    }
    if (take_print(s, level->fd, ".", &level->st, &now->print, err) < 0) {
        return -1;
    }
    *changed = !before || !is_same_owner_and_mode(before, now) || !has_print_of(s, before, now);
    return 0;
}

/* Takes the descriptor. `before` is NULL if there was no such folder. */
static int enter(struct scan *s, int fd, const struct entry *before, struct entry *now,
                 struct ocib_error **err)
{
    struct level *level = ocib_vec_add(&s->levels);
    bool changed = false;
    now->folder = folder_new();
    *level = (struct level){.fd = fd,
                            .path_len = s->path.len,
                            .now = now->folder,
                            .before = before ? before->folder : NULL};
    if (fd < 0 || fstat(fd, &level->st) < 0) {
        return unreadable(s, err);
    }
    entry_set(now, &level->st);
    if (fill_level(s, level, err) < 0) {
        return -1;
    }
    if (s->path.len && folder_changed(s, level, before, now, &changed, err) < 0) {
        return -1;
    }
    return changed && s->emitter ? write_folders(s, err) : 0;
}

static int handle_now(struct scan *s, const char *name, const struct entry *before,
                      struct entry *now, struct ocib_error **err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    struct stat st;
    if (fstatat(top(s)->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return unreadable(s, err);
    }
    entry_set(now, &st);
    if (now->ctime > s->tree->newest) {
        s->tree->newest = now->ctime;
    }
    if (S_ISCHR(st.st_mode) && st.st_rdev == 0) {
        now->links = 0; /* an overlay's sign for "removed": it removes here, too */
        return before && before->links ? write_whiteout(s, err) : 0;
    }
    if (is_left_out(name, &st)) {
        if (!before || !is_same_type(before, &st) || before->inode != now->inode) {
            warn_left_out(s, &st);
        }
        now->links = 0;
        return 0;
    }
    if (!S_ISDIR(st.st_mode)) {
        return handle_file(s, name, &st, before, now, err);
    }
    bool existed = before && S_ISDIR(before->mode);
    return enter(s, openat(top(s)->fd, name, flags), existed ? before : NULL, now, err);
}

static void set_path(struct scan *s, size_t len, const char *name)
{
    s->path.len = len;
    s->path.data[len] = '\0';
    ocib_buf_printf(&s->path, "%s%s", len ? "/" : "", name);
}

static const char *next_before(const struct level *level)
{
    return level->before && level->next_before < level->before->names.len
               ? ocib_names_get(&level->before->names, level->next_before)
               : NULL;
}

static const char *next_now(const struct level *level)
{
    return level->next_now < level->now->names.len
               ? ocib_names_get(&level->now->names, level->next_now)
               : NULL;
}

/* What left a folder after its stat was taken changed its time. */
static int leave(struct scan *s, struct ocib_error **err)
{
    struct level *level = top(s);
    const struct timespec times[2] = {level->st.st_mtim, level->st.st_mtim};
    int set = level->shrunk ? futimens(level->fd, times) : 0;
    level_release(level);
    s->levels.len--;
    return set < 0 ? unreadable(s, err) : 0;
}

/* The next name of the current folder, of those that are there and those that were. */
static int step(struct scan *s, struct ocib_error **err)
{
    struct level *level = top(s);
    const char *was = next_before(level);
    const char *is = next_now(level);
    if (!was && !is) {
        return leave(s, err);
    }
    int order = !was ? -1 : !is ? 1 : strcmp(is, was);
    set_path(s, level->path_len, order <= 0 ? is : was);
    const struct entry *before = order >= 0 ? &level->before->entries[level->next_before++] : NULL;
    if (order > 0) {
        return before->links ? write_whiteout(s, err) : 0;
    }
    return handle_now(s, is, before, &level->now->entries[level->next_now++], err);
}

/* The last of its names needs nothing more. */
static int separate(struct ocib_worktree *tree, const struct shared *shared)
{
    struct stat st;
    const char *slash = strrchr(shared->path, '/');
    const char *name = slash ? slash + 1 : shared->path;
    OCIB_AUTO_FREE char *parent =
        slash ? ocib_strndup(shared->path, (size_t)(slash - shared->path)) : ocib_strdup(".");
    OCIB_AUTO_FD int dir =
        ocib_open_no_links(tree->options.folder_fd, parent, O_RDONLY | O_DIRECTORY, 0);
    char spare[17];
    ocib_random_name(spare);
    if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        (st.st_nlink > 1 && ocib_file_separate(dir, name, spare) < 0) ||
        fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return -1;
    }
    entry_set(shared->entry, &st);
    tree->newest = shared->entry->ctime > tree->newest ? shared->entry->ctime : tree->newest;
    return 0;
}

static int separate_all(const struct scan *s, struct ocib_error **err)
{
    for (size_t i = 0; i < s->shared.len; i++) {
        const struct shared *shared = &s->shared.items[i];
        if (shared->entry->links && separate(s->tree, shared) < 0) {
            return ocib_error_set_errno(err, OCIB_ESTORE, "can't copy %s", shared->path);
        }
    }
    return 0;
}

static void scan_release(struct scan *s)
{
    for (size_t i = 0; i < s->shared.len; i++) {
        free(s->shared.items[i].path);
    }
    ocib_vec_release(&s->shared);
    for (size_t i = 0; i < s->levels.len; i++) {
        level_release(&s->levels.items[i]);
    }
    ocib_vec_release(&s->levels);
    ocib_buf_release(&s->path);
}

/* A layer says nothing of the root folder itself, so a step leaves it as it was. */
static int restore_root(const struct scan *s, int fd, struct ocib_error **err)
{
    const struct entry *was = &s->tree->root;
    const struct timespec mtime = {was->mtime, was->mtime_nsec};
    const struct timespec times[2] = {mtime, mtime};
    if (fd < 0 || fchown(fd, was->uid, was->gid) < 0 || fchmod(fd, was->mode & 07777) < 0 ||
        futimens(fd, times) < 0) {
        return unreadable(s, err);
    }
    return 0;
}

static int scan(struct ocib_worktree *tree, struct ocib_emitter *emitter, struct ocib_error **err)
{
    OCIB_AUTO(scan_release) struct scan s = {.tree = tree, .emitter = emitter};
    struct entry root = {0};
    ocib_buf_init(&s.path);
    int fd = openat(tree->options.folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (emitter && restore_root(&s, fd, err) < 0) {
        ocib_fd_cleanup(&fd);
        return -1;
    }
    int status = enter(&s, fd, tree->root.mode ? &tree->root : NULL, &root, err);
    while (status == 0 && s.levels.len) {
        status = step(&s, err);
    }
    if (status < 0 || separate_all(&s, err) < 0) {
        entry_release(&root);
        return -1;
    }
    entry_release(&tree->root);
    tree->root = root;
    return 0;
}

/* --- the tree --------------------------------------------------------------------------------- */

static void close_fds(struct ocib_worktree_options *options)
{
    ocib_fd_cleanup(&options->folder_fd);
    ocib_fd_cleanup(&options->pristine_fd);
    ocib_fd_cleanup(&options->marker_fd);
}

void ocib_worktree_free(struct ocib_worktree *tree)
{
    if (tree) {
        close_fds(&tree->options);
        entry_release(&tree->root);
        free(tree);
    }
}

struct ocib_worktree *ocib_worktree_new(const struct ocib_worktree_options *options,
                                        struct ocib_error **err)
{
    OCIB_AUTO(ocib_worktree_cleanup) struct ocib_worktree *tree = ocib_new(struct ocib_worktree);
    tree->options = *options;
    if (options->pristine_fd >= 0 &&
        ocib_tree_clone(options->pristine_fd, options->folder_fd,
                        OCIB_CLONE_NO_LINKS | (options->no_devices ? OCIB_CLONE_NO_DEVICES : 0U),
                        err) < 0) {
        return NULL;
    }
    return scan(tree, NULL, err) < 0 ? NULL : ocib_steal(&tree);
}

int ocib_worktree_fd(const struct ocib_worktree *tree)
{
    return tree->options.folder_fd;
}

int ocib_worktree_settle(struct ocib_worktree *tree, struct ocib_error **err)
{
    const struct timespec pause = {0, TICK};
    struct stat st;
    for (unsigned i = 0; i < TICKS_MAX; i++) {
        if (fchmod(tree->options.marker_fd, 0600) < 0 || fstat(tree->options.marker_fd, &st) < 0) {
            return ocib_error_set_errno(err, OCIB_ESTORE, "can't read the store's clock");
        }
        tree->settled = nanoseconds(&st.st_ctim);
        if (tree->settled > tree->newest) {
            return 0;
        }
        nanosleep(&pause, NULL);
    }
    return 0; /* a clock that was set back: what has later times is compared */
}

int ocib_worktree_refresh(struct ocib_worktree *tree, struct ocib_error **err)
{
    return scan(tree, NULL, err);
}

static void emitter_cleanup(struct ocib_emitter *emitter)
{
    ocib_emitter_release(emitter);
}

int ocib_worktree_diff(struct ocib_worktree *tree, const struct ocib_worktree_diff *diff,
                       struct ocib_diff_result *result, struct ocib_error **err)
{
    OCIB_AUTO(emitter_cleanup)
    struct ocib_emitter emitter = {.tar = diff->tar,
                                   .has_epoch = diff->has_epoch,
                                   .epoch = diff->epoch,
                                   .log = tree->options.log};
    ocib_emitter_init(&emitter);
    if (scan(tree, &emitter, err) < 0) {
        return -1;
    }
    *result = emitter.result;
    return 0;
}
