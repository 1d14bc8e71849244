#include "context/archive.h"

#include "base/mem.h"
#include "base/vec.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    PIECE = 128 * 1024,
    ENTRIES_MAX = 4 * 1000 * 1000,
    XATTRS_MAX = 64 << 20, /* bytes of attributes, which are kept in memory */
    ENTRY_COST = 512,      /* what an empty file takes, about */
};

/* A folder's time is set at the end: what goes into it changes it. */
struct folder_time {
    char *path;
    struct timespec mtime;
};

struct unpacking {
    struct ocib_tar_reader *tar;
    int root_fd;
    const struct ocib_archive_limits *limits;
    struct ocib_inodes *inodes;
    char *last; /* the folder that was opened last; NULL: none */
    int last_fd;
    struct {
        OCIB_VEC(struct folder_time);
    } times;
    char *bytes;
    int64_t left; /* bytes */
    size_t entries;
    size_t xattrs; /* bytes so far */
};

/* Where an entry goes. */
struct place {
    int dir_fd;
    const char *name;
    const struct ocib_tar_entry *entry;
};

static void forget_folder(struct unpacking *u)
{
    ocib_fd_cleanup(&u->last_fd);
    u->last_fd = -1;
    free(u->last);
    u->last = NULL;
}

static void unpacking_release(struct unpacking *u)
{
    forget_folder(u);
    for (size_t i = 0; i < u->times.len; i++) {
        free(u->times.items[i].path);
    }
    ocib_vec_release(&u->times);
    free(u->bytes);
}

/* --- limits ----------------------------------------------------------------------------------- */

int ocib_archive_limits_of(int dir_fd, struct ocib_archive_limits *out, struct ocib_error **err)
{
    const int64_t most_free = 1 << 30;
    struct statvfs fs;
    if (fstatvfs(dir_fd, &fs) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't tell what room the disk has");
    }
    int64_t room = INT64_MAX;
    if (__builtin_mul_overflow((int64_t)fs.f_bavail, (int64_t)fs.f_frsize, &room)) {
        room = INT64_MAX;
    }
    int64_t keep = room / 10 < most_free ? room / 10 : most_free;
    *out = (struct ocib_archive_limits){.bytes = room - keep, .entries = ENTRIES_MAX};
    return 0;
}

static int spend(struct unpacking *u, int64_t bytes, struct ocib_error **err)
{
    u->left -= bytes;
    if (u->left >= 0) {
        return 0;
    }
    ocib_error_set(err, OCIB_ESTORE, "the archive unpacks to more than the disk has room for");
    return ocib_error_hint_set(err, "make room, or send less: the limit was %lld bytes",
                               (long long)u->limits->bytes);
}

static int count_entry(struct unpacking *u, const struct ocib_tar_entry *entry,
                       struct ocib_error **err)
{
    if (u->limits->interrupted && *u->limits->interrupted) {
        return ocib_error_set(err, OCIB_EINTERRUPTED, "interrupted");
    }
    if (++u->entries > u->limits->entries) {
        return ocib_error_set(err, OCIB_EINPUT, "the archive has more than %zu entries",
                              u->limits->entries);
    }
    for (size_t i = 0; entry->xattrs && i < entry->xattrs->len; i++) {
        u->xattrs += entry->xattrs->items[i].value.len;
    }
    if (u->xattrs > XATTRS_MAX) {
        return ocib_error_set(err, OCIB_EINPUT, "the archive has more than %d bytes of attributes",
                              XATTRS_MAX);
    }
    return spend(u, ENTRY_COST, err);
}

/* --- entries ---------------------------------------------------------------------------------- */

/* The disk's fault, or that of a name that no file can have. */
static int fail(const struct ocib_tar_entry *entry, struct ocib_error **err)
{
    return ocib_error_set_errno(err, ocib_error_code_of_errno(errno, OCIB_ECORRUPT),
                                "can't unpack %s", entry->path);
}

/* Opens the folder of an entry; those that the archive left out are made. */
static int open_folder_of(struct unpacking *u, struct place *place, struct ocib_error **err)
{
    const char *path = place->entry->path;
    const char *slash = strrchr(path, '/');
    OCIB_AUTO_FREE char *dir = ocib_strndup(path, slash ? (size_t)(slash - path) : 0);
    place->name = slash ? slash + 1 : path;
    if (!u->last || strcmp(u->last, dir) != 0) {
        struct ocib_mkdirs how = {.mode = 0700, .uid = geteuid(), .gid = getegid()};
        forget_folder(u);
        if (*dir && ocib_mkdirs_in_root(u->root_fd, dir, &how) < 0) {
            return fail(place->entry, err);
        }
        u->last_fd = ocib_open_in_root(u->root_fd, dir, O_PATH | O_DIRECTORY, 0);
        if (u->last_fd < 0) {
            return fail(place->entry, err);
        }
        u->last = ocib_steal(&dir);
    }
    place->dir_fd = u->last_fd;
    return 0;
}

/* The last of several entries of one name counts; a folder stays a folder. */
static int clear_place(struct unpacking *u, const struct place *place, struct ocib_error **err)
{
    struct stat st;
    if (fstatat(place->dir_fd, place->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return errno == ENOENT ? 0 : fail(place->entry, err);
    }
    if (S_ISDIR(st.st_mode) && S_ISDIR(place->entry->mode) && !place->entry->is_hardlink) {
        return 0;
    }
    return ocib_remove_tree(place->dir_fd, place->name, err);
}

/* Content; a sparse file's holes stay holes. */
static int write_content(struct unpacking *u, const struct place *place, int fd,
                         struct ocib_error **err)
{
    int64_t size = 0;
    for (;;) {
        int64_t hole = ocib_tar_reader_hole(u->tar);
        ssize_t n = hole > 0 ? 0 : ocib_tar_reader_data(u->tar, u->bytes, PIECE, err);
        if (n < 0 || spend(u, n, err) < 0) {
            return -1;
        }
        if (hole <= 0 && n == 0) {
            break;
        }
        bool written = hole > 0 ? lseek(fd, hole, SEEK_CUR) >= 0
                                : ocib_fd_write_all(fd, u->bytes, (size_t)n) == 0;
        if (!written) {
            return fail(place->entry, err);
        }
        if (u->limits->interrupted && *u->limits->interrupted) {
            return ocib_error_set(err, OCIB_EINTERRUPTED, "interrupted");
        }
        size += hole > 0 ? hole : n;
    }
    return ftruncate(fd, size) < 0 ? fail(place->entry, err) : 0;
}

/* Devices and fifos are empty files, too: the table knows what they are. */
static int make_file(struct unpacking *u, const struct place *place, struct ocib_error **err)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    OCIB_AUTO_FD int fd = openat(place->dir_fd, place->name, flags, 0600);
    if (fd < 0) {
        return fail(place->entry, err);
    }
    if (S_ISREG(place->entry->mode) && write_content(u, place, fd, err) < 0) {
        return -1;
    }
    return ocib_fd_close(&fd, place->entry->path, err);
}

static int make_folder(struct unpacking *u, const struct place *place, struct ocib_error **err)
{
    const struct ocib_tar_entry *entry = place->entry;
    if (mkdirat(place->dir_fd, place->name, 0700) < 0 && errno != EEXIST) {
        return fail(entry, err);
    }
    struct timespec mtime = {.tv_sec = entry->mtime, .tv_nsec = entry->mtime_nsec};
    ocib_vec_push(&u->times, ((struct folder_time){ocib_strdup(entry->path), mtime}));
    return 0;
}

static int cant_link(const struct ocib_tar_entry *entry, struct ocib_error **err)
{
    return ocib_error_set_errno(err, ocib_error_code_of_errno(errno, OCIB_ECORRUPT),
                                "can't link %s to %s", entry->path, entry->linkname);
}

static int make_hardlink(struct unpacking *u, const struct place *place, struct ocib_error **err)
{
    const struct ocib_tar_entry *entry = place->entry;
    const char *from;
    OCIB_AUTO_FD int dir = ocib_open_parent_in_root(u->root_fd, entry->linkname, &from);
    struct stat st, there;
    if (dir < 0 || fstatat(dir, from, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return cant_link(entry, err);
    }
    bool same = fstatat(place->dir_fd, place->name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
                there.st_ino == st.st_ino && there.st_dev == st.st_dev;
    if (same) {
        return 0;
    }
    if (clear_place(u, place, err) < 0) {
        return -1;
    }
    return linkat(dir, from, place->dir_fd, place->name, 0) < 0 ? cant_link(entry, err) : 0;
}

/* What the table gets, and the time. A hard link says it of the file that it is a name of. */
static int describe(struct unpacking *u, const struct place *place, struct ocib_error **err)
{
    const struct ocib_tar_entry *entry = place->entry;
    struct timespec mtime = {.tv_sec = entry->mtime, .tv_nsec = entry->mtime_nsec};
    struct timespec times[2] = {mtime, mtime};
    struct stat st;
    if (utimensat(place->dir_fd, place->name, times, AT_SYMLINK_NOFOLLOW) < 0 ||
        fstatat(place->dir_fd, place->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return fail(entry, err);
    }
    struct ocib_inode inode = {.mode = entry->mode,
                               .uid = entry->uid,
                               .gid = entry->gid,
                               .rdev = entry->rdev,
                               .xattrs = entry->xattrs};
    if (entry->is_hardlink) {
        struct ocib_inode first;
        ocib_inodes_get(u->inodes, &st, &first);
        inode.mode = (first.mode & S_IFMT) | (entry->mode & 07777);
        inode.rdev = first.rdev;
        inode.xattrs = first.xattrs;
    }
    if (!S_ISCHR(inode.mode) && !S_ISBLK(inode.mode)) {
        inode.rdev = 0;
    }
    ocib_inodes_set(u->inodes, st.st_ino, &inode);
    return 0;
}

static int make(struct unpacking *u, const struct place *place, struct ocib_error **err)
{
    const struct ocib_tar_entry *entry = place->entry;
    if (entry->is_hardlink) {
        return make_hardlink(u, place, err);
    }
    if (clear_place(u, place, err) < 0) {
        return -1;
    }
    switch (entry->mode & S_IFMT) {
    case S_IFREG:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
        return make_file(u, place, err);
    case S_IFDIR:
        return make_folder(u, place, err);
    case S_IFLNK:
        return symlinkat(entry->linkname, place->dir_fd, place->name) < 0 ? fail(entry, err) : 0;
    default:
        return ocib_error_set(err, OCIB_ECORRUPT, "%s is of an unknown type", entry->path);
    }
}

static int unpack_entry(struct unpacking *u, const struct ocib_tar_entry *entry,
                        struct ocib_error **err)
{
    struct place place = {.entry = entry};
    /* "./" stands for the folder itself, whose mode and owner the archive doesn't decide (moby). */
    if (count_entry(u, entry, err) < 0) {
        return -1;
    }
    if (!*entry->path) {
        return 0;
    }
    if (open_folder_of(u, &place, err) < 0 || make(u, &place, err) < 0 ||
        describe(u, &place, err) < 0) {
        return -1;
    }
    /* Anything but a file may have changed what a path leads to. */
    if (entry->is_hardlink || !S_ISREG(entry->mode)) {
        forget_folder(u);
    }
    return 0;
}

/* What has become of a folder since, by another entry of the same name, is left alone. */
static void set_folder_times(struct unpacking *u)
{
    for (size_t i = 0; i < u->times.len; i++) {
        const struct folder_time *time = &u->times.items[i];
        OCIB_AUTO_FD int dir =
            ocib_open_in_root(u->root_fd, time->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
        struct timespec times[2] = {time->mtime, time->mtime};
        if (dir >= 0 && futimens(dir, times) < 0) {
            continue; /* a time that the file system doesn't know */
        }
    }
}

int ocib_archive_unpack(struct ocib_tar_reader *tar, int dir_fd,
                        const struct ocib_archive_limits *limits, struct ocib_inodes *inodes,
                        struct ocib_error **err)
{
    OCIB_AUTO(unpacking_release)
    struct unpacking u = {.tar = tar,
                          .root_fd = dir_fd,
                          .limits = limits,
                          .inodes = inodes,
                          .last_fd = -1,
                          .left = limits->bytes};
    struct ocib_tar_entry entry;
    int more;
    u.bytes = ocib_alloc(PIECE, 1);
    while ((more = ocib_tar_reader_next(tar, &entry, err)) > 0) {
        if (unpack_entry(&u, &entry, err) < 0) {
            return -1;
        }
    }
    set_folder_times(&u);
    return more;
}
