#include "build/copy_tree.h"

#include "base/mem.h"
#include "base/vec.h"
#include "sys/fd.h"
#include "sys/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
    LINKS_MAX = 255,   /* in one path, as BuildKit has it */
    OPEN_FOLDERS = 32, /* kept open during a walk; what is above is opened anew */
    LISTS = 1 + OCIB_WALK_FILTERS,
};

void ocib_tree_path_release(struct ocib_tree_path *path)
{
    ocib_buf_release(&path->path);
}

bool ocib_tree_hides(const struct ocib_tree *tree, const char *path, bool is_dir,
                     struct ocib_span *rule)
{
    if (!tree->ignore || !*path) {
        return false;
    }
    struct ocib_ignored ignored = ocib_ignore_match_path(tree->ignore, ocib_str(path), NULL);
    if (!ignored.excluded ||
        (is_dir && ocib_ignore_may_include_after(tree->ignore, ocib_str(path), ignored.rule))) {
        return false;
    }
    *rule = ocib_ignore_rule_span(tree->ignore, ignored.rule);
    return true;
}

/* --- resolving ------------------------------------------------------------------------------ */

struct resolving {
    const struct ocib_tree *tree;
    struct ocib_tree_path *out;
    struct ocib_buf rest; /* what is still to be followed */
    unsigned links;
};

static void go_up(struct ocib_buf *path)
{
    ptrdiff_t slash = ocib_str_rfind(ocib_buf_str(path), '/');
    path->len = slash < 0 ? 0 : (size_t)slash;
    path->data[path->len] = '\0';
}

static void append(struct ocib_buf *path, struct ocib_str name)
{
    if (path->len) {
        ocib_buf_putc(path, '/');
    }
    ocib_buf_add_str(path, name);
}

/* The rest of a path that isn't there, by its text. */
static void append_missing(struct ocib_buf *path, struct ocib_str rest)
{
    struct ocib_str name;
    while (ocib_str_cut(&rest, '/', &name)) {
        if (ocib_str_is(name, "..")) {
            go_up(path);
        } else if (name.len && !ocib_str_is(name, ".")) {
            append(path, name);
        }
    }
}

/* The path that was reached is a link: its text goes before what is still to be followed. */
static int follow(struct resolving *resolving, int fd)
{
    if (++resolving->links > LINKS_MAX) {
        errno = ELOOP;
        return -1;
    }
    OCIB_AUTO_FREE char *text = ocib_readlink_at(fd, "");
    if (!text) {
        return -1;
    }
    OCIB_AUTO_BUF struct ocib_buf rest = resolving->rest;
    ocib_buf_init(&resolving->rest);
    ocib_buf_puts(&resolving->rest, text);
    ocib_buf_putc(&resolving->rest, '/');
    ocib_buf_add_str(&resolving->rest, ocib_buf_str(&rest));
    if (text[0] == '/') {
        ocib_buf_clear(&resolving->out->path);
    } else {
        go_up(&resolving->out->path);
    }
    return 0;
}

/* Looks at the path that was reached: 1 if it is there, 0 if it isn't or is hidden, -1. */
static int look(struct resolving *resolving)
{
    struct ocib_tree_path *out = resolving->out;
    OCIB_AUTO_FD int fd =
        ocib_open_in_root(resolving->tree->root_fd, out->path.data, O_PATH | O_NOFOLLOW, 0);
    if (fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    if (fstat(fd, &out->st) < 0) {
        return -1;
    }
    if (ocib_tree_hides(resolving->tree, out->path.data, S_ISDIR(out->st.st_mode), &out->rule)) {
        return 0;
    }
    return S_ISLNK(out->st.st_mode) && follow(resolving, fd) < 0 ? -1 : 1;
}

/* One component further; 0 once the path ends in what isn't there. */
static int step(struct resolving *resolving, struct ocib_str name)
{
    struct ocib_tree_path *out = resolving->out;
    if (name.len == 0 || ocib_str_is(name, ".")) {
        return 1;
    }
    if (!S_ISDIR(out->st.st_mode)) {
        errno = ENOTDIR;
        return -1;
    }
    if (ocib_str_is(name, "..")) {
        go_up(&out->path);
        return 1;
    }
    append(&out->path, name);
    int there = look(resolving);
    if (there > 0 && S_ISLNK(out->st.st_mode)) {
        out->st.st_mode = S_IFDIR; /* what the link begins from */
    }
    return there;
}

static int resolve(struct resolving *resolving)
{
    struct ocib_tree_path *out = resolving->out;
    while (resolving->rest.len) {
        struct ocib_str rest = ocib_buf_str(&resolving->rest);
        struct ocib_str name;
        ocib_str_cut(&rest, '/', &name);
        OCIB_AUTO_FREE char *component = ocib_str_dup(name);
        OCIB_AUTO_FREE char *left = ocib_str_dup(rest);
        ocib_buf_clear(&resolving->rest);
        ocib_buf_puts(&resolving->rest, left);
        int there = step(resolving, ocib_str(component));
        if (there < 0) {
            return -1;
        }
        if (there == 0) {
            append_missing(&out->path, ocib_str(left));
            return 0;
        }
    }
    out->exists = true;
    return 0;
}

int ocib_tree_resolve(const struct ocib_tree *tree, const char *path, struct ocib_tree_path *out)
{
    struct resolving resolving = {.tree = tree, .out = out};
    *out = (struct ocib_tree_path){.st = {.st_mode = S_IFDIR}};
    ocib_buf_init(&out->path);
    ocib_buf_puts(&resolving.rest, path);
    int result = resolve(&resolving);
    ocib_buf_release(&resolving.rest);
    if (result == 0 && out->exists) {
        /* The last step may have been "..", which looked at nothing. */
        OCIB_AUTO_FD int fd =
            ocib_open_in_root(tree->root_fd, out->path.data, O_PATH | O_NOFOLLOW, 0);
        return fd < 0 ? -1 : fstat(fd, &out->st);
    }
    return result;
}

/* --- walking -------------------------------------------------------------------------------- */

struct frame {
    int fd; /* -1: closed for now */
    struct ocib_strings names;
    size_t next;
    size_t path_len;
    struct stat st;
    bool *matched[LISTS]; /* by the rules of each list; NULL: no such list */
    bool late;            /* excluded, and not visited yet */
};

/* The ignore lists of a walk: the tree's own, then the filters. The first goes by paths from the
 * tree's root, the others by paths from the base. */
struct lists {
    const struct ocib_ignore *of[LISTS];
};

static struct lists lists_of(const struct ocib_walk *walk)
{
    struct lists lists = {{walk->tree->ignore}};
    memcpy(lists.of + 1, walk->filters, sizeof(walk->filters));
    return lists;
}

struct walking {
    const struct ocib_walk *walk;
    OCIB_VEC(struct frame);
    struct ocib_buf path; /* of the folder of the last frame */
    size_t base_len;      /* of the part of paths that isn't relative */
};

static void frame_release(struct frame *frame)
{
    ocib_fd_cleanup(&frame->fd);
    ocib_strings_release(&frame->names);
    for (size_t i = 0; i < LISTS; i++) {
        free(frame->matched[i]);
    }
}

static void walking_release(struct walking *walking)
{
    for (size_t i = 0; i < walking->len; i++) {
        frame_release(&walking->items[i]);
    }
    ocib_vec_release(walking);
    ocib_buf_release(&walking->path);
}

static int cant_read(const char *what, const char *path, struct ocib_error **err)
{
    bool denied = errno == EACCES || errno == EPERM;
    ocib_error_set_errno(err, OCIB_EINPUT, "can't read %s%s", what, *path ? path : ".");
    return denied ? ocib_error_hint_set(err, "exclude it in .dockerignore, or make it readable "
                                             "(chmod u+rx)")
                  : -1;
}

static int read_names(int fd, struct ocib_strings *names)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir) {
        ocib_fd_cleanup(&copy);
        return -1;
    }
    struct dirent *entry;
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            ocib_strings_push(names, name);
        }
    }
    int failed = errno;
    closedir(dir);
    errno = failed;
    ocib_strings_sort(names);
    return failed ? -1 : 0;
}

/* Opens the folder that walking->path names and makes it the last frame. */
static int enter(struct walking *walking, const struct stat *st, struct ocib_error **err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    struct frame frame = {.st = *st, .path_len = walking->path.len};
    frame.fd = ocib_open_beneath(walking->walk->tree->root_fd, walking->path.data, flags, 0);
    if (frame.fd < 0 || read_names(frame.fd, &frame.names) < 0) {
        cant_read("folder ", walking->path.data, err);
        frame_release(&frame);
        return -1;
    }
    if (walking->len >= OPEN_FOLDERS) {
        ocib_fd_cleanup(&walking->items[walking->len - OPEN_FOLDERS].fd);
        walking->items[walking->len - OPEN_FOLDERS].fd = -1;
    }
    ocib_vec_push(walking, frame);
    return 0;
}

static int reopen(struct walking *walking, struct frame *frame, struct ocib_error **err)
{
    if (frame->fd < 0) {
        frame->fd = ocib_open_beneath(walking->walk->tree->root_fd, walking->path.data,
                                      O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    }
    return frame->fd < 0 ? cant_read("folder ", walking->path.data, err) : 0;
}

static int visit(struct walking *walking, const struct ocib_walk_item *item,
                 struct ocib_error **err)
{
    struct ocib_walk_item whole = *item;
    whole.relative = item->path + walking->base_len;
    return walking->walk->visit(walking->walk->data, &whole, err);
}

/* Visits an excluded folder in which something is included. */
static int visit_late(struct walking *walking, struct frame *frame, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *path = ocib_strndup(walking->path.data, frame->path_len);
    const char *slash = strrchr(path, '/');
    struct ocib_walk_item item = {
        .path = path, .dir_fd = -1, .name = slash ? slash + 1 : path, .st = &frame->st};
    frame->late = false;
    return visit(walking, &item, err);
}

static void leave(struct walking *walking)
{
    frame_release(&walking->items[--walking->len]);
    size_t len = walking->len ? walking->items[walking->len - 1].path_len : 0;
    walking->path.len = len;
    walking->path.data[len] = '\0';
}

/* Visits the late ones of the folders that are being walked: 1 if all are to be walked. */
static int visit_all_late(struct walking *walking, struct ocib_error **err)
{
    for (size_t i = 0; i < walking->len; i++) {
        int into = walking->items[i].late ? visit_late(walking, &walking->items[i], err) : 1;
        if (into < 0) {
            return -1;
        }
        if (into == 0) {
            while (walking->len > i) {
                leave(walking);
            }
            return 0;
        }
    }
    return 1;
}

/* What the lists say of an entry. */
struct verdict {
    bool excluded;
    bool below; /* something below it may be included */
    bool *matched[LISTS];
};

static void verdict_release(struct verdict *verdict)
{
    for (size_t i = 0; i < LISTS; i++) {
        free(verdict->matched[i]);
    }
}

static void judge(const struct walking *walking, bool is_dir, struct verdict *out)
{
    struct lists lists = lists_of(walking->walk);
    const struct frame *frame = &walking->items[walking->len - 1];
    struct ocib_str path = ocib_buf_str(&walking->path);
    *out = (struct verdict){.below = true};
    for (size_t i = 0; i < LISTS; i++) {
        const struct ocib_ignore *ignore = lists.of[i];
        if (!ignore) {
            continue;
        }
        struct ocib_str name = i ? ocib_str_sub(path, walking->base_len, path.len) : path;
        out->matched[i] = is_dir ? ocib_alloc(ocib_ignore_rules(ignore) + 1, sizeof(bool)) : NULL;
        struct ocib_ignored ignored =
            ocib_ignore_match_in(ignore, frame->matched[i], name, out->matched[i]);
        out->excluded = out->excluded || ignored.excluded;
        out->below = out->below && (!ignored.excluded ||
                                    ocib_ignore_may_include_after(ignore, name, ignored.rule));
    }
}

/* The name after walking->path is a folder that is walked: the verdict's matches become its
 * frame's. */
static int descend(struct walking *walking, const struct stat *st, struct verdict *verdict,
                   struct ocib_error **err)
{
    if (enter(walking, st, err) < 0) {
        return -1;
    }
    struct frame *frame = &walking->items[walking->len - 1];
    frame->late = verdict->excluded;
    for (size_t i = 0; i < LISTS; i++) {
        frame->matched[i] = ocib_steal(&verdict->matched[i]);
    }
    return 0;
}

/* The entry that walking->path names; its folder is the last frame. */
static int walk_entry(struct walking *walking, const char *name, const struct stat *st,
                      struct ocib_error **err)
{
    bool is_dir = S_ISDIR(st->st_mode);
    OCIB_AUTO(verdict_release) struct verdict verdict;
    judge(walking, is_dir, &verdict);
    if (verdict.excluded) {
        return is_dir && verdict.below ? descend(walking, st, &verdict, err) : 0;
    }
    size_t depth = walking->len;
    struct ocib_walk_item item = {
        .path = walking->path.data, .dir_fd = walking->items[depth - 1].fd, .name = name, .st = st};
    int into = visit_all_late(walking, err);
    if (into <= 0) {
        return into;
    }
    into = visit(walking, &item, err);
    return into > 0 && is_dir && walking->len == depth ? descend(walking, st, &verdict, err) : into;
}

/* The next name of the last frame. */
static int walk_next(struct walking *walking, struct ocib_error **err)
{
    struct frame *frame = &walking->items[walking->len - 1];
    if (reopen(walking, frame, err) < 0) {
        return -1;
    }
    OCIB_AUTO_FREE char *name = ocib_steal(&frame->names.items[frame->next++]);
    append(&walking->path, ocib_str(name));
    size_t depth = walking->len;
    struct stat st;
    if (fstatat(frame->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        /* Gone since the folder was read: as if it had never been there. */
        if (errno != ENOENT) {
            return cant_read("", walking->path.data, err);
        }
    } else if (walk_entry(walking, name, &st, err) < 0) {
        return -1;
    }
    if (walking->len == depth) {
        walking->path.len = walking->items[depth - 1].path_len;
        walking->path.data[walking->path.len] = '\0';
    }
    return 0;
}

static int begin(struct walking *walking, struct ocib_error **err)
{
    const struct ocib_walk *walk = walking->walk;
    struct stat st = {.st_mode = S_IFDIR};
    ocib_buf_init(&walking->path);
    ocib_buf_puts(&walking->path, walk->base);
    walking->base_len = walking->path.len ? walking->path.len + 1 : 0;
    if (enter(walking, &st, err) < 0) {
        return -1;
    }
    struct lists lists = lists_of(walk);
    for (size_t i = 0; i < LISTS; i++) {
        const struct ocib_ignore *ignore = lists.of[i];
        if (ignore) {
            bool *matched = ocib_alloc(ocib_ignore_rules(ignore) + 1, sizeof(bool));
            ocib_ignore_match_path(ignore, i ? (struct ocib_str){0} : ocib_str(walk->base),
                                   matched);
            walking->items[0].matched[i] = matched;
        }
    }
    return 0;
}

int ocib_walk_run(const struct ocib_walk *walk, struct ocib_error **err)
{
    OCIB_AUTO(walking_release) struct walking walking = {.walk = walk};
    if (begin(&walking, err) < 0) {
        return -1;
    }
    while (walking.len) {
        struct frame *frame = &walking.items[walking.len - 1];
        if (frame->next == frame->names.len) {
            leave(&walking);
        } else if (walk_next(&walking, err) < 0) {
            return -1;
        }
    }
    return 0;
}
