#include "sys/file.h"

#include "base/mem.h"
#include "base/vec.h"
#include "sys/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int ocib_file_read(int dir_fd, const char *path, size_t limit, struct ocib_buf *out,
                   enum ocib_code code, struct ocib_error **err)
{
    OCIB_AUTO_FD int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return ocib_error_set_errno(err, errno == ENOENT ? OCIB_ENOTFOUND : code, "can't open %s",
                                    path);
    }
    if (ocib_fd_read_all(fd, limit, out) < 0) {
        return ocib_error_set_errno(err, code, "can't read %s", path);
    }
    return 0;
}

void ocib_random_name(char out[17])
{
    unsigned char bytes[8];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        uint64_t mixed = ((uint64_t)now.tv_nsec << 32) ^ (uint64_t)now.tv_sec ^ (uint64_t)getpid();
        memcpy(bytes, &mixed, sizeof(bytes));
    }
    for (size_t i = 0; i < sizeof(bytes); i++) {
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
}

static int write_file(int dir_fd, const char *name, struct ocib_str bytes, mode_t mode)
{
    OCIB_AUTO_FD int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0 || ocib_fd_write_all(fd, bytes.s, bytes.len) < 0 || fdatasync(fd) < 0) {
        return -1;
    }
    return close(ocib_fd_steal(&fd));
}

int ocib_file_write_atomic(int dir_fd, const char *path, struct ocib_str bytes, mode_t mode,
                           struct ocib_error **err)
{
    char random[17];
    ocib_random_name(random);
    OCIB_AUTO_FREE char *temporary = ocib_format("%s.%s", path, random);
    if (write_file(dir_fd, temporary, bytes, mode) < 0 ||
        renameat(dir_fd, temporary, dir_fd, path) < 0) {
        ocib_error_set_errno(err, OCIB_ESTORE, "can't write %s", path);
        unlinkat(dir_fd, temporary, 0);
        return -1;
    }
    return 0;
}

/* One folder on the way down; the depth is bounded by memory only, not by the stack. */
struct level {
    DIR *dir;
    char *name; /* in the level above */
};
struct levels {
    OCIB_VEC(struct level);
};

static void levels_release(struct levels *levels)
{
    for (size_t i = 0; i < levels->len; i++) {
        closedir(levels->items[i].dir);
        free(levels->items[i].name);
    }
    ocib_vec_release(levels);
}

static int descend(struct levels *levels, int dir_fd, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(dir_fd, name, flags);
    if (fd < 0 && errno == EACCES && fchmodat(dir_fd, name, 0700, 0) == 0) {
        fd = openat(dir_fd, name, flags);
    }
    if (fd < 0) {
        return -1;
    }
    struct stat st;
    if (fstat(fd, &st) == 0 && (st.st_mode & 0700) != 0700) {
        (void)!fchmod(fd, 0700); /* removal below reports what this could not mend */
    }
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return -1;
    }
    ocib_vec_push(levels, ((struct level){dir, ocib_strdup(name)}));
    return 0;
}

/* Empties the top level: 1 when a folder was entered, 0 when it is empty, -1 on failure. */
static int empty_level(struct levels *levels)
{
    DIR *dir = levels->items[levels->len - 1].dir;
    struct dirent *entry;
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
            continue;
        }
        if (unlinkat(dirfd(dir), name, 0) == 0 || errno == ENOENT) {
            continue;
        }
        if (errno != EISDIR && errno != EPERM) {
            return -1;
        }
        return descend(levels, dirfd(dir), name) < 0 ? -1 : 1;
    }
    return errno ? -1 : 0;
}

static int leave_level(struct levels *levels, int dir_fd)
{
    struct level top = levels->items[--levels->len];
    closedir(top.dir);
    int parent = levels->len ? dirfd(levels->items[levels->len - 1].dir) : dir_fd;
    int removed = unlinkat(parent, top.name, AT_REMOVEDIR);
    if (removed == 0 && levels->len) {
        rewinddir(levels->items[levels->len - 1].dir);
    }
    free(top.name);
    return removed;
}

static int remove_tree(int dir_fd, const char *name)
{
    OCIB_AUTO(levels_release) struct levels levels = {0};
    if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    if ((errno != EISDIR && errno != EPERM) || descend(&levels, dir_fd, name) < 0) {
        return -1;
    }
    while (levels.len) {
        int entered = empty_level(&levels);
        if (entered < 0 || (entered == 0 && leave_level(&levels, dir_fd) < 0)) {
            return -1;
        }
    }
    return 0;
}

int ocib_remove_tree(int dir_fd, const char *name, struct ocib_error **err)
{
    if (remove_tree(dir_fd, name) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't remove %s", name);
    }
    return 0;
}

int ocib_mkdirs(const char *path, mode_t mode, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *copy = ocib_strdup(path);
    for (size_t i = 1; copy[0]; i++) {
        char c = copy[i];
        if (c != '/' && c != '\0') {
            continue;
        }
        copy[i] = '\0';
        if (mkdir(copy, mode) < 0 && errno != EEXIST) {
            return ocib_error_set_errno(err, OCIB_ESTORE, "can't make folder %s", copy);
        }
        copy[i] = c;
        if (c == '\0') {
            break;
        }
    }
    return 0;
}
