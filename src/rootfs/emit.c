#include "rootfs/emit.h"

#include "base/mem.h"
#include "rootfs/overlay.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "sys/xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A file is a sparse giant from this length on, if less than a tenth of it is stored. */
static const int64_t giant = (int64_t)1 << 30;

void ocib_emitter_init(struct ocib_emitter *emitter)
{
    emitter->links = ocib_map_new(free);
    emitter->block = ocib_alloc(OCIB_EMIT_BLOCK, 1);
}

void ocib_emitter_release(struct ocib_emitter *emitter)
{
    ocib_map_free(emitter->links);
    free(emitter->block);
}

bool ocib_emit_wants(const char *attribute)
{
    bool wanted = strcmp(attribute, "security.capability") == 0 ||
                  strncmp(attribute, "user.", strlen("user.")) == 0;
    /* A tar can't hold a name with "=". */
    return wanted && !ocib_overlay_owns(attribute) && !strchr(attribute, '=');
}

static int unreadable(const char *path, struct ocib_error **err)
{
    return ocib_error_set_errno(err, OCIB_ESTORE, "can't read %s", path);
}

static void set_time(const struct ocib_emitter *emitter, const struct timespec *mtime,
                     struct ocib_tar_entry *entry)
{
    entry->mtime = mtime->tv_sec;
    entry->mtime_nsec = mtime->tv_nsec;
    bool later =
        mtime->tv_sec > emitter->epoch || (mtime->tv_sec == emitter->epoch && mtime->tv_nsec > 0);
    if (emitter->has_epoch && later) {
        entry->mtime = emitter->epoch;
        entry->mtime_nsec = 0;
    }
}

static int copy_range(struct ocib_emitter *emitter, int fd, off_t from, off_t to, const char *path,
                      struct ocib_error **err)
{
    while (from < to) {
        size_t want = to - from < OCIB_EMIT_BLOCK ? (size_t)(to - from) : OCIB_EMIT_BLOCK;
        ssize_t n = pread(fd, emitter->block, want, from);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return unreadable(path, err);
        }
        if (n == 0) {
            return ocib_error_set(err, OCIB_ESTORE, "%s became shorter while it was read", path);
        }
        if (ocib_tar_writer_data(emitter->tar, emitter->block, (size_t)n, err) < 0) {
            return -1;
        }
        from += n;
    }
    return 0;
}

/* The end of the hole that begins at `from`, and the end of the data after it. */
static int find_data(int fd, off_t from, off_t size, off_t *data, off_t *end)
{
    *data = lseek(fd, from, SEEK_DATA);
    if (*data < 0) {
        *data = *end = size;
        return errno == ENXIO ? 0 : -1; /* only a hole is left */
    }
    *data = *data < size ? *data : size;
    *end = lseek(fd, *data, SEEK_HOLE);
    if (*end < 0 || *end > size) {
        *end = size;
    }
    return 0;
}

static int copy_sparse(struct ocib_emitter *emitter, int fd, off_t size, const char *path,
                       struct ocib_error **err)
{
    off_t at = 0;
    while (at < size) {
        off_t data;
        off_t end;
        if (find_data(fd, at, size, &data, &end) < 0) {
            return unreadable(path, err);
        }
        if (ocib_tar_writer_zeros(emitter->tar, data - at, err) < 0 ||
            copy_range(emitter, fd, data, end, path, err) < 0) {
            return -1;
        }
        at = end;
    }
    return 0;
}

static int emit_content(struct ocib_emitter *emitter, int dir_fd, const char *name,
                        const struct ocib_tar_entry *entry, struct ocib_error **err)
{
    struct stat st;
    OCIB_AUTO_FD int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        return unreadable(entry->path, err);
    }
    emitter->result.bytes += entry->size;
    int64_t stored = (int64_t)st.st_blocks * 512;
    if (stored >= entry->size) {
        return copy_range(emitter, fd, 0, entry->size, entry->path, err);
    }
    if (entry->size >= giant && stored < entry->size / 10) {
        ocib_log(emitter->log, OCIB_LOG_WARNING,
                 "%s is %lld bytes long, nearly all of them holes; a layer holds them as zeros",
                 entry->path, (long long)entry->size);
    }
    return copy_sparse(emitter, fd, entry->size, entry->path, err);
}

/* For a file with several names: the path of the one that was written before, or NULL. */
static const char *first_name(struct ocib_emitter *emitter, const struct stat *st, const char *path)
{
    if (S_ISDIR(st->st_mode) || st->st_nlink < 2) {
        return NULL;
    }
    char key[64];
    snprintf(key, sizeof(key), "%llx:%llx", (unsigned long long)st->st_dev,
             (unsigned long long)st->st_ino);
    const char *first = ocib_map_get(emitter->links, ocib_str(key));
    if (!first) {
        ocib_map_set(emitter->links, ocib_str(key), ocib_strdup(path));
    }
    return first;
}

int ocib_emit(struct ocib_emitter *emitter, int dir_fd, const char *name, const char *path,
              const struct stat *st, struct ocib_error **err)
{
    OCIB_AUTO(ocib_xattrs_release) struct ocib_xattrs xattrs = {0};
    OCIB_AUTO_FREE char *text = NULL;
    struct ocib_tar_entry entry = {.path = path,
                                   .mode = st->st_mode,
                                   .uid = st->st_uid,
                                   .gid = st->st_gid,
                                   .size = S_ISREG(st->st_mode) ? st->st_size : 0,
                                   .rdev = st->st_rdev,
                                   .xattrs = &xattrs};
    set_time(emitter, &st->st_mtim, &entry);
    if (ocib_xattrs_read(dir_fd, name, ocib_emit_wants, &xattrs) < 0) {
        return unreadable(path, err);
    }
    if (S_ISLNK(st->st_mode)) {
        entry.linkname = text = ocib_readlink_at(dir_fd, name);
        if (!text) {
            return unreadable(path, err);
        }
    }
    const char *first = first_name(emitter, st, path);
    if (first) {
        entry.linkname = first;
        entry.is_hardlink = true;
        entry.size = 0;
        entry.xattrs = NULL; /* told with the first name */
    }
    emitter->result.entries++;
    if (ocib_tar_writer_entry(emitter->tar, &entry, err) < 0) {
        return -1;
    }
    if (entry.size && emit_content(emitter, dir_fd, name, &entry, err) < 0) {
        return ocib_error_wrap(err, "/%s", path);
    }
    return 0;
}

int ocib_emit_whiteout(struct ocib_emitter *emitter, const char *path, struct ocib_error **err)
{
    const char *slash = strrchr(path, '/');
    int parent = slash ? (int)(slash + 1 - path) : 0;
    OCIB_AUTO_FREE char *name = ocib_format("%.*s.wh.%s", parent, path, path + parent);
    const struct ocib_tar_entry entry = {.path = name, .mode = S_IFREG};
    emitter->result.entries++;
    return ocib_tar_writer_entry(emitter->tar, &entry, err);
}
