#include "build/copy_selection.h"

#include "base/map.h"
#include "base/mem.h"
#include "build/copy_place.h"
#include "glob/match.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "sys/xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

static void entry_release(struct ocib_copy_entry *entry)
{
    free(entry->path);
    free(entry->link);
    if (entry->xattrs) {
        ocib_xattrs_release(entry->xattrs);
        free(entry->xattrs);
    }
}

static void pick_release(struct ocib_copy_pick *pick)
{
    free(pick->name);
    free(pick->path);
    entry_release(&pick->top);
}

void ocib_selection_free(struct ocib_selection *selection)
{
    if (!selection) {
        return;
    }
    for (size_t i = 0; i < selection->picks.len; i++) {
        pick_release(&selection->picks.items[i]);
    }
    ocib_vec_release(&selection->picks);
    for (size_t i = 0; i < selection->entries.len; i++) {
        entry_release(&selection->entries.items[i]);
    }
    ocib_vec_release(&selection->entries);
    ocib_chmod_release(&selection->chmod);
    ocib_ignore_free(selection->exclude);
    ocib_ignore_free(selection->include);
    free(selection);
}

char *ocib_copy_entry_path(const struct ocib_copy_pick *pick, const struct ocib_copy_entry *entry)
{
    if (!*pick->path || !*entry->path) {
        return ocib_strdup(*pick->path ? pick->path : entry->path);
    }
    return ocib_path_join(pick->path, entry->path);
}

struct stat ocib_copy_entry_stat(const struct ocib_copy_entry *entry)
{
    return (struct stat){.st_dev = entry->dev,
                         .st_ino = entry->ino,
                         .st_mode = entry->mode,
                         .st_size = entry->size,
                         .st_mtim = entry->mtime,
                         .st_ctim = entry->ctime};
}

/* --- entries -------------------------------------------------------------------------------- */

static int read_xattrs(int dir_fd, const char *name, struct ocib_copy_entry *entry)
{
    struct ocib_xattrs found = {0};
    if (S_ISLNK(entry->mode)) {
        return 0;
    }
    if (ocib_xattrs_read(dir_fd, name, ocib_place_takes_xattr, &found) < 0) {
        ocib_xattrs_release(&found);
        return errno == ENOENT ? 0 : -1;
    }
    if (found.len) {
        entry->xattrs = ocib_new(struct ocib_xattrs);
        *entry->xattrs = found;
    }
    return 0;
}

/* A check-out has the modes that its umask left. */
static mode_t mode_of(const struct ocib_selection *selection, const struct stat *st)
{
    if (!selection->source.plain_modes || S_ISLNK(st->st_mode)) {
        return st->st_mode;
    }
    bool may_run = S_ISDIR(st->st_mode) || (st->st_mode & 0100);
    return (st->st_mode & S_IFMT) | (may_run ? 0755 : 0644);
}

static void fill_entry(struct ocib_copy_entry *entry, const char *path, const struct stat *st)
{
    *entry = (struct ocib_copy_entry){.path = ocib_strdup(path),
                                      .mode = st->st_mode,
                                      .uid = st->st_uid,
                                      .gid = st->st_gid,
                                      .rdev = st->st_rdev,
                                      .dev = st->st_dev,
                                      .ino = st->st_ino,
                                      .size = st->st_size,
                                      .mtime = st->st_mtim,
                                      .ctime = st->st_ctim,
                                      .twin = OCIB_NO_TWIN};
}

/* Of an unpacked tar: types, modes, owners and attributes are what it says. */
static void take_inode(const struct ocib_selection *selection, const struct stat *st,
                       struct ocib_copy_entry *entry)
{
    struct ocib_inode inode;
    ocib_inodes_get(selection->source.inodes, st, &inode);
    entry->mode = inode.mode;
    entry->uid = inode.uid;
    entry->gid = inode.gid;
    entry->rdev = inode.rdev;
    for (size_t i = 0; inode.xattrs && i < inode.xattrs->len; i++) {
        const struct ocib_xattr *xattr = &inode.xattrs->items[i];
        if (ocib_place_takes_xattr(xattr->name)) {
            entry->xattrs = entry->xattrs ? entry->xattrs : ocib_new(struct ocib_xattrs);
            ocib_xattrs_add(entry->xattrs, xattr->name, ocib_buf_str(&xattr->value));
        }
    }
}

static void fill_from_source(const struct ocib_selection *selection, const char *path,
                             const struct stat *st, struct ocib_copy_entry *entry)
{
    fill_entry(entry, path, st);
    entry->mode = mode_of(selection, st);
    if (selection->source.inodes) {
        take_inode(selection, st, entry);
    }
}

/* Link text and attributes; `path` is for messages. */
static int read_rest(struct ocib_copy_entry *entry, int dir_fd, const char *name, const char *path,
                     struct ocib_error **err)
{
    if (S_ISLNK(entry->mode)) {
        entry->link = ocib_readlink_at(dir_fd, name);
    }
    if ((S_ISLNK(entry->mode) && !entry->link) || read_xattrs(dir_fd, name, entry) < 0) {
        return ocib_error_set_errno(err, OCIB_EINPUT, "can't read %s", path);
    }
    return 0;
}

/* A socket is an empty file for Docker when it comes from a context, and nothing else; it can't
 * mean anything in an image. True if the entry is to be left out. */
static bool settle_socket(struct ocib_selection *selection, struct ocib_copy_entry *entry,
                          const char *path)
{
    if (!S_ISSOCK(entry->mode)) {
        return false;
    }
    bool file = selection->source.is_context;
    ocib_log_at(selection->source.log, OCIB_LOG_WARNING, selection->span,
                file ? "%s is a socket: an empty file is copied in its place"
                     : "%s is a socket, which is not copied",
                path);
    entry->mode = S_IFREG | (entry->mode & 07777);
    entry->size = 0;
    return !file;
}

/* --- a folder's contents -------------------------------------------------------------------- */

struct collecting {
    struct ocib_selection *selection;
    size_t first;
    struct ocib_map *inodes; /* of files with several links: index + 1 */
};

static void find_twin(struct collecting *collecting, struct ocib_copy_entry *entry, size_t index)
{
    const uint64_t key[2] = {entry->dev, entry->ino};
    struct ocib_str name = {(const char *)key, sizeof(key)};
    uintptr_t known = (uintptr_t)ocib_map_get(collecting->inodes, name);
    if (known) {
        entry->twin = known - 1;
    } else {
        ocib_map_set(collecting->inodes, name, (void *)(index + 1));
    }
}

static int collect(void *data, const struct ocib_walk_item *item, struct ocib_error **err)
{
    struct collecting *collecting = data;
    struct ocib_selection *selection = collecting->selection;
    size_t index = selection->entries.len;
    struct ocib_copy_entry *entry = ocib_vec_add(&selection->entries);
    fill_from_source(selection, item->relative, item->st, entry);
    bool late = item->dir_fd < 0;
    if (read_rest(entry, late ? selection->tree.root_fd : item->dir_fd,
                  late ? item->path : item->name, item->path, err) < 0) {
        return -1;
    }
    if (settle_socket(selection, entry, item->path)) {
        entry_release(entry);
        selection->entries.len--;
        return 1;
    }
    if (S_ISREG(entry->mode) && item->st->st_nlink > 1 && S_ISREG(item->st->st_mode)) {
        find_twin(collecting, entry, index);
    }
    return 1;
}

static int collect_folder(struct ocib_selection *selection, struct ocib_copy_pick *pick,
                          struct ocib_error **err)
{
    OCIB_AUTO(ocib_map_cleanup) struct ocib_map *inodes = ocib_map_new(NULL);
    struct collecting collecting = {selection, selection->entries.len, inodes};
    struct ocib_walk walk = {.tree = &selection->tree,
                             .base = pick->path,
                             .visit = collect,
                             .data = &collecting,
                             .filters = {selection->exclude, selection->include}};
    pick->first = selection->entries.len;
    if (ocib_walk_run(&walk, err) < 0) {
        return ocib_error_place_at(err, selection->span);
    }
    pick->count = selection->entries.len - pick->first;
    return 0;
}

/* A folder that is excluded and holds nothing that is included isn't there. */
static int check_not_hidden(struct ocib_selection *selection, const char *source,
                            const struct ocib_copy_pick *pick, struct ocib_error **err)
{
    struct ocib_span rule;
    const struct ocib_ignore *ignore = selection->tree.ignore;
    if (pick->count || !ignore || !*pick->path ||
        !ocib_ignore_match(ignore, ocib_str(pick->path), true, &rule)) {
        return 0;
    }
    return ocib_selection_excluded(selection, source, pick->path, rule, err);
}

static struct timespec now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time;
}

static int fill_top(struct ocib_selection *selection, struct ocib_copy_pick *pick,
                    const struct stat *st, struct ocib_error **err)
{
    const char *base;
    OCIB_AUTO_FD int parent = ocib_open_parent_in_root(selection->tree.root_fd, pick->path, &base);
    fill_from_source(selection, "", st, &pick->top);
    if (parent < 0) {
        return ocib_error_set_errno(err, OCIB_EINPUT, "can't read %s", pick->path);
    }
    return read_rest(&pick->top, parent, base, pick->path, err);
}

/* Adds what a path (without wildcards) names, links followed. */
static int add_pick(struct ocib_selection *selection, const char *source, const char *path,
                    struct ocib_error **err)
{
    OCIB_AUTO(ocib_tree_path_release) struct ocib_tree_path at = {0};
    if (ocib_tree_resolve(&selection->tree, path, &at) < 0) {
        return ocib_selection_cant_resolve(selection, source, &at, err);
    }
    if (!at.exists) {
        return ocib_selection_not_found(selection, source, &at, err);
    }
    if (selection->include && !S_ISDIR(at.st.st_mode)) {
        return 0; /* nothing is below it */
    }
    const char *slash = strrchr(path, '/');
    struct ocib_copy_pick *pick = ocib_vec_add(&selection->picks);
    pick->name = ocib_strdup(slash ? slash + 1 : path);
    pick->path = ocib_strdup(at.path.data);
    if (selection->source.is_context && !*pick->path) {
        at.st.st_mtim = now(); /* a context's own folder is of no time (BuildKit) */
    }
    if (fill_top(selection, pick, &at.st, err) < 0) {
        return ocib_error_place_at(err, selection->span);
    }
    if (settle_socket(selection, &pick->top, pick->path)) {
        pick_release(pick);
        selection->picks.len--;
        return 0;
    }
    if (!S_ISDIR(at.st.st_mode)) {
        return 0;
    }
    return collect_folder(selection, pick, err) < 0
               ? -1
               : check_not_hidden(selection, source, pick, err);
}

/* --- wildcards ------------------------------------------------------------------------------ */

struct matching {
    const struct ocib_glob *glob;
    struct ocib_strings found; /* paths below the folder of the walk */
};

static int match(void *data, const struct ocib_walk_item *item, struct ocib_error **err)
{
    struct matching *matching = data;
    if (ocib_glob_match(matching->glob, ocib_str(item->relative))) {
        ocib_strings_push(&matching->found, item->relative);
        return 0;
    }
    return ocib_glob_may_match_below(matching->glob, ocib_str(item->relative));
}

static int find_matches(struct ocib_selection *selection, const char *source, const char *base,
                        struct ocib_str pattern, struct ocib_strings *out, struct ocib_error **err)
{
    OCIB_AUTO(ocib_glob_cleanup) struct ocib_glob *glob = ocib_glob_new(pattern);
    if (!glob || (selection->source.is_context && ocib_glob_has_backward_range(glob))) {
        ocib_error_at(err, OCIB_EDOCKERFILE, selection->span, "bad pattern %s", source);
        return ocib_error_hint_set(err, "a [ that is meant as it is, is written [[]");
    }
    struct matching matching = {.glob = glob};
    struct ocib_walk walk = {
        .tree = &selection->tree, .base = base, .visit = match, .data = &matching};
    int result = ocib_walk_run(&walk, err);
    *out = matching.found;
    return result < 0 ? ocib_error_place_at(err, selection->span) : 0;
}

/* The folder that the walk for a pattern begins at must be there. */
static int resolve_base(struct ocib_selection *selection, const char *source, const char *base,
                        struct ocib_tree_path *at, struct ocib_error **err)
{
    if (ocib_tree_resolve(&selection->tree, base, at) < 0) {
        return ocib_selection_cant_resolve(selection, source, at, err);
    }
    if (!at->exists) {
        return ocib_selection_not_found(selection, source, at, err);
    }
    if (!S_ISDIR(at->st.st_mode)) {
        errno = ENOTDIR;
        return ocib_selection_cant_resolve(selection, source, at, err);
    }
    return 0;
}

static int add_pattern(struct ocib_selection *selection, const char *source, struct ocib_str base,
                       struct ocib_str pattern, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *folder = ocib_str_dup(base);
    OCIB_AUTO(ocib_tree_path_release) struct ocib_tree_path at = {0};
    OCIB_AUTO_STRINGS struct ocib_strings found = {0};
    if (resolve_base(selection, source, folder, &at, err) < 0 ||
        find_matches(selection, source, at.path.data, pattern, &found, err) < 0) {
        return -1;
    }
    if (!found.len) {
        ocib_selection_warn_no_match(selection, source);
    }
    for (size_t i = 0; i < found.len; i++) {
        OCIB_AUTO_FREE char *path =
            ocib_format("%s%s%s", at.path.data, at.path.len ? "/" : "", found.items[i]);
        if (add_pick(selection, path, path, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* A source as written: cleaned by its text, then split before the first component with a wildcard,
 * from which on it is a pattern. */
static int add_source(struct ocib_selection *selection, const char *source, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *clean = ocib_path_clean(ocib_str(source));
    struct ocib_str path = ocib_str(clean + 1);
    struct ocib_str rest = path;
    struct ocib_str name;
    size_t from = 0;
    while (ocib_str_cut(&rest, '/', &name)) {
        if (ocib_glob_is_pattern(name)) {
            return add_pattern(selection, source, ocib_str_sub(path, 0, from ? from - 1 : 0),
                               ocib_str_sub(path, from, path.len), err);
        }
        from += name.len + 1;
    }
    return add_pick(selection, source, path.s, err);
}

/* --- --parents -------------------------------------------------------------------------------- */

/* A list that excludes all but what a pattern matches, and what is below that. */
static struct ocib_ignore *all_but(const char *pattern, struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings patterns = {0};
    ocib_strings_push(&patterns, "**");
    ocib_strings_take(&patterns, ocib_format("!%s", pattern));
    return ocib_ignore_of_patterns(&patterns, err);
}

/* Nothing was found: a failure if it is a plain path to nothing. Links on the way aren't followed,
 * so a path through one is such a path too. */
static int none_kept(struct ocib_selection *selection, const char *source, const char *base,
                     const char *pattern, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *path = ocib_format("%s/%s", base, pattern);
    OCIB_AUTO(ocib_tree_path_release) struct ocib_tree_path at = {0};
    if (ocib_glob_is_pattern(ocib_str(path))) {
        ocib_selection_warn_no_match(selection, source);
        return 0;
    }
    if (ocib_tree_resolve(&selection->tree, path, &at) < 0) {
        return ocib_selection_cant_resolve(selection, source, &at, err);
    }
    if (!at.exists) {
        return ocib_selection_not_found(selection, source, &at, err);
    }
    OCIB_AUTO_FREE char *clean = ocib_path_clean(ocib_str(path));
    if (strcmp(clean + 1, at.path.data) == 0) {
        ocib_selection_warn_no_match(selection, source); /* it is there, but excluded */
        return 0;
    }
    ocib_error_at(err, OCIB_EDOCKERFILE, selection->span,
                  "%s leads through a symbolic link, and --parents follows none", source);
    return ocib_error_hint_set(err, "name %s, which it leads to", at.path.data);
}

/* "a/b" keeps "a/b"; "a/./b" keeps "b" of the folder a. */
static int add_kept(struct ocib_selection *selection, const char *source, struct ocib_error **err)
{
    const char *pivot = strstr(source, "/./");
    OCIB_AUTO_FREE char *base = ocib_strndup(source, pivot ? (size_t)(pivot - source) : 0);
    OCIB_AUTO_FREE char *clean = ocib_path_clean(ocib_str(pivot ? pivot + 3 : source));
    const char *pattern = clean + 1;
    size_t before = selection->entries.len;
    if (*pattern) {
        ocib_ignore_free(selection->include);
        selection->include = all_but(pattern, err);
        if (!selection->include) {
            return ocib_error_place_at(err, selection->span);
        }
    }
    int failed = add_source(selection, base, err);
    ocib_ignore_free(selection->include);
    selection->include = NULL;
    if (failed || !*pattern || selection->entries.len > before) {
        return failed;
    }
    return none_kept(selection, source, base, pattern, err);
}

static void add_inline(struct ocib_selection *selection, const struct ocib_inline_file *file)
{
    struct stat st = {
        .st_mode = S_IFREG | 0644, .st_size = (off_t)file->content.len, .st_mtim = now()};
    struct ocib_copy_pick *pick = ocib_vec_add(&selection->picks);
    pick->name = ocib_strdup(file->name);
    pick->file = file;
    fill_entry(&pick->top, "", &st);
}

struct ocib_selection *ocib_copy_select(const struct ocib_copy_op *op, struct ocib_span span,
                                        const struct ocib_copy_source *source,
                                        struct ocib_error **err)
{
    OCIB_AUTO(ocib_selection_cleanup)
    struct ocib_selection *selection = ocib_new(struct ocib_selection);
    selection->op = op;
    selection->span = span;
    selection->source = *source;
    selection->tree = (struct ocib_tree){source->root_fd, source->ignore};
    if (ocib_chmod_parse(op->chmod, &selection->chmod, err) < 0) {
        ocib_error_place_at(err, span);
        return NULL;
    }
    if (op->excludes.len && !(selection->exclude = ocib_ignore_of_patterns(&op->excludes, err))) {
        ocib_error_place_at(err, span);
        return NULL;
    }
    for (size_t i = 0; i < op->sources.len; i++) {
        const char *path = op->sources.items[i];
        if ((op->parents ? add_kept : add_source)(selection, path, err) < 0) {
            return NULL;
        }
    }
    for (size_t i = 0; i < op->files.len; i++) {
        add_inline(selection, &op->files.items[i]);
    }
    return ocib_steal(&selection);
}
