#include "sys/resolve.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/vec.h"
#include "sys/fd.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* path_resolution(7) */
enum { LINKS_MAX = 40, DEPTH_MAX = 4096 };

struct walk {
    uint64_t resolve;
    int links;
    char *rest; /* what is left of the path */
    struct {
        OCIB_VEC(int);
    } folders; /* the root, and the way down from it */
};

static void walk_release(struct walk *walk)
{
    for (size_t i = 0; i < walk->folders.len; i++) {
        close(walk->folders.items[i]);
    }
    ocib_vec_release(&walk->folders);
    free(walk->rest);
}

static int fail(int number)
{
    errno = number;
    return -1;
}

static int top(const struct walk *walk)
{
    return walk->folders.items[walk->folders.len - 1];
}

static void up_to(struct walk *walk, size_t depth)
{
    while (walk->folders.len > depth) {
        close(walk->folders.items[--walk->folders.len]);
    }
}

static int begin_at_root(struct walk *walk)
{
    if (walk->rest[0] == '/' && (walk->resolve & RESOLVE_BENEATH)) {
        return fail(EXDEV);
    }
    if (walk->rest[0] == '/') {
        up_to(walk, 1);
    }
    return 0;
}

/* Puts a link's text in front of what is left. Takes `text`. */
static int follow(struct walk *walk, char *text)
{
    if (!text) {
        return -1;
    }
    if (++walk->links > LINKS_MAX || (walk->resolve & RESOLVE_NO_SYMLINKS)) {
        free(text);
        return fail(ELOOP);
    }
    char *rest = ocib_format("%s/%s", text, walk->rest);
    if (!walk->rest[0]) { /* nothing came after it: not even a slash */
        rest[strlen(text)] = '\0';
    }
    free(text);
    free(walk->rest);
    walk->rest = rest;
    return begin_at_root(walk);
}

static int go_up(struct walk *walk)
{
    if (walk->folders.len > 1) {
        up_to(walk, walk->folders.len - 1);
        return 0;
    }
    return walk->resolve & RESOLVE_BENEATH ? fail(EXDEV) : 0;
}

static int go_down(struct walk *walk, const char *name)
{
    struct stat st;
    OCIB_AUTO_FD int fd = openat(top(walk), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        return -1;
    }
    if (S_ISLNK(st.st_mode)) {
        return follow(walk, ocib_readlink_at(fd, ""));
    }
    if (!S_ISDIR(st.st_mode) || walk->folders.len >= DEPTH_MAX) {
        return fail(S_ISDIR(st.st_mode) ? ENAMETOOLONG : ENOTDIR);
    }
    ocib_vec_push(&walk->folders, ocib_fd_steal(&fd));
    return 0;
}

/* Takes the first component off what is left; "" at the end. *last: nothing but slashes follow. */
static char *next_component(struct walk *walk, bool *last)
{
    const char *from = walk->rest + strspn(walk->rest, "/");
    size_t len = strcspn(from, "/");
    char *name = ocib_strndup(from, len);
    const char *after = from + len;
    *last = after[strspn(after, "/")] == '\0';
    char *rest = ocib_strdup(after);
    free(walk->rest);
    walk->rest = rest;
    return name;
}

/* Opens the last component; *followed: it is a link, whose text is what is left now. */
static int open_last(struct walk *walk, const char *name, int flags, mode_t mode, bool *followed)
{
    const bool slash = walk->rest[0] == '/';
    const bool keeps_link = (flags & O_NOFOLLOW) && !slash;
    struct stat st;
    int want = flags | O_NOFOLLOW | O_CLOEXEC | (slash && !(flags & O_CREAT) ? O_DIRECTORY : 0);
    *followed = false;
    OCIB_AUTO_FD int fd = openat(top(walk), name, want, mode);
    int number = errno;
    if (keeps_link ||
        (fd >= 0 && (!(flags & O_PATH) || fstat(fd, &st) < 0 || !S_ISLNK(st.st_mode)))) {
        return ocib_fd_steal(&fd);
    }
    if (fd < 0 && number != ELOOP && number != ENOTDIR) {
        return -1;
    }
    char *text = ocib_readlink_at(top(walk), name);
    if (!text) {
        return fail(number);
    }
    *followed = follow(walk, text) == 0;
    return -1;
}

static int walk_path(struct walk *walk, int flags, mode_t mode)
{
    for (;;) {
        bool last;
        bool followed = false;
        OCIB_AUTO_FREE char *name = next_component(walk, &last);
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || !name[0]) {
            if (strcmp(name, "..") == 0 && go_up(walk) < 0) {
                return -1;
            }
            if (last) {
                return openat(top(walk), ".", (flags & ~O_CREAT) | O_CLOEXEC);
            }
            continue;
        }
        if (!last) {
            if (go_down(walk, name) < 0) {
                return -1;
            }
            continue;
        }
        int fd = open_last(walk, name, flags, mode, &followed);
        if (!followed) {
            return fd;
        }
    }
}

int ocib_resolve(int root_fd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
    __attribute__((cleanup(walk_release))) struct walk walk = {.resolve = resolve};
    int root = openat(root_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        return -1;
    }
    ocib_vec_push(&walk.folders, root);
    walk.rest = ocib_strdup(path);
    if (!path[0]) {
        return fail(ENOENT);
    }
    return begin_at_root(&walk) < 0 ? -1 : walk_path(&walk, flags, mode);
}
