#include "sys/path.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* EAGAIN: a rename raced with the walk, openat2(2) says to try again; bounded. */
enum { OPEN_TRIES = 64 };

static int open_resolved(int root_fd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
        .mode = (flags & (O_CREAT | O_TMPFILE)) ? mode & 07777 : 0,
        .resolve = resolve | RESOLVE_NO_MAGICLINKS,
    };
    long fd = -1;
    for (int i = 0; i < OPEN_TRIES; i++) {
        fd = syscall(SYS_openat2, root_fd, *path ? path : ".", &how, sizeof(how));
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) {
            break;
        }
    }
    /* Linux before 5.6, or a seccomp profile that doesn't know the call. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
        return ocib_resolve(root_fd, *path ? path : ".", flags, (mode_t)how.mode, resolve);
    }
    return (int)fd;
}

int ocib_open_in_root(int root_fd, const char *path, int flags, mode_t mode)
{
    return open_resolved(root_fd, path, flags, mode, RESOLVE_IN_ROOT);
}

int ocib_open_beneath(int root_fd, const char *path, int flags, mode_t mode)
{
    return open_resolved(root_fd, path, flags, mode, RESOLVE_BENEATH);
}

int ocib_open_no_links(int root_fd, const char *path, int flags, mode_t mode)
{
    return open_resolved(root_fd, path, flags, mode, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

int ocib_open_parent_in_root(int root_fd, const char *path, const char **base)
{
    size_t len = strlen(path);
    while (len && path[len - 1] == '/') {
        len--;
    }
    size_t from = len;
    while (from && path[from - 1] != '/') {
        from--;
    }
    if (from == len) {
        *base = ".";
        return ocib_open_in_root(root_fd, ".", O_PATH | O_DIRECTORY, 0);
    }
    if (len - from == 2 && strncmp(path + from, "..", 2) == 0) {
        /* Not a name: used with the parent's descriptor it could lead out of the root. */
        *base = ".";
        return ocib_open_in_root(root_fd, path, O_PATH | O_DIRECTORY, 0);
    }
    *base = path + from;
    OCIB_AUTO_FREE char *parent = ocib_strndup(path, from);
    return ocib_open_in_root(root_fd, parent, O_PATH | O_DIRECTORY, 0);
}

/* As mkdir(2) has it, a set-group-ID folder passes the bit on, and its group if none but root's is
 * asked for. */
static int finish_new_dir(int dir_fd, const char *name, const struct ocib_mkdirs *how)
{
    struct stat st;
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return -1;
    }
    mode_t inherited = st.st_mode & S_ISGID;
    gid_t gid = inherited && how->gid == 0 ? st.st_gid : how->gid;
    mode_t mode = (how->mode & 07777) | (how->exact ? 0 : inherited);
    if (fchownat(dir_fd, name, how->uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ||
        fchmodat(dir_fd, name, mode, 0) < 0) {
        return -1;
    }
    struct timespec times[2] = {{.tv_sec = how->seconds}, {.tv_sec = how->seconds}};
    return how->set_time ? utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW) : 0;
}

/* The folder path[0..len) must exist afterwards; its parent does. */
static int make_one(int root_fd, const char *path, size_t len, const struct ocib_mkdirs *how)
{
    OCIB_AUTO_FREE char *prefix = ocib_strndup(path, len);
    OCIB_AUTO_FD int there = ocib_open_in_root(root_fd, prefix, O_PATH | O_DIRECTORY, 0);
    if (there >= 0 || errno != ENOENT) {
        return there >= 0 ? 0 : -1;
    }
    const char *base;
    OCIB_AUTO_FD int parent = ocib_open_parent_in_root(root_fd, prefix, &base);
    if (parent < 0 || mkdirat(parent, base, 0700) < 0) {
        return -1;
    }
    return finish_new_dir(parent, base, how);
}

int ocib_mkdirs_in_root(int root_fd, const char *path, const struct ocib_mkdirs *how)
{
    OCIB_AUTO_FD int there = ocib_open_in_root(root_fd, path, O_PATH | O_DIRECTORY, 0);
    if (there >= 0) {
        return 0;
    }
    for (size_t i = 1; path[i - 1]; i++) {
        bool ends = path[i] == '/' || path[i] == '\0';
        if (ends && path[i - 1] != '/' && make_one(root_fd, path, i, how) < 0) {
            return -1;
        }
    }
    return 0;
}

char *ocib_readlink_at(int dir_fd, const char *name)
{
    OCIB_AUTO_FREE char *text = ocib_alloc(PATH_MAX + 1, 1);
    ssize_t n = readlinkat(dir_fd, name, text, PATH_MAX);
    return n < 0 ? NULL : ocib_strndup(text, (size_t)n);
}

int ocib_reopen(int fd, int flags)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, flags | O_CLOEXEC);
}

char *ocib_path_join(const char *dir, const char *name)
{
    size_t len = strlen(dir);
    while (len && dir[len - 1] == '/') {
        len--;
    }
    while (*name == '/') {
        name++;
    }
    return ocib_format("%.*s/%s", (int)len, dir, name);
}

void ocib_path_pop(struct ocib_buf *path)
{
    ptrdiff_t slash = ocib_str_rfind(ocib_buf_str(path), '/');
    path->len = slash < 0 ? 0 : (size_t)slash;
    path->data[path->len] = '\0';
}

void ocib_path_push(struct ocib_buf *path, struct ocib_str part)
{
    if (path->len) {
        ocib_buf_putc(path, '/');
    }
    ocib_buf_add_str(path, part);
}
