#include "emulate/record.h"

#include "base/buf.h"
#include "sys/fd.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char attribute[] = OCIB_RECORD_PREFIX "owner";

/* The attribute's value; a tree stays on its machine, so numbers are in the machine's order. */
struct value {
    uint32_t uid;
    uint32_t gid;
    uint32_t type;
    uint32_t major;
    uint32_t minor;
};

/* ---- fifos and sockets: ids in the time of last access ---- */

enum { ID_BITS = 30, SECOND = 1000000000 };

/* The highest ids, as that of "nobody" as -2, are kept at the end of what 30 bits can hold. */
static const uint32_t high_ids = UINT32_MAX - 0xffff;
static const uint32_t high_kept = (UINT32_C(1) << ID_BITS) - 1 - 0xffff;

static bool pack_id(uint32_t id, uint64_t *out)
{
    *out = id >= high_ids ? id - high_ids + high_kept : id;
    return id >= high_ids || id < high_kept;
}

static uint32_t unpack_id(uint64_t kept)
{
    return (uint32_t)(kept >= high_kept ? kept - high_kept + high_ids : kept);
}

/* Before 1970, where no clock sets a time: 60 bits in 31 of seconds and the nanoseconds. */
static bool pack_time(const struct ocib_record *record, struct timespec *out)
{
    uint64_t uid;
    uint64_t gid;
    if (!pack_id(record->uid, &uid) || !pack_id(record->gid, &gid)) {
        return false;
    }
    uint64_t both = uid << ID_BITS | gid;
    *out = (struct timespec){-1 - (time_t)(both / SECOND), (long)(both % SECOND)};
    return true;
}

static bool unpack_time(const struct timespec *time, struct ocib_record *out)
{
    if (time->tv_sec >= 0) {
        return false;
    }
    uint64_t both = (uint64_t)(-1 - time->tv_sec) * SECOND + (uint64_t)time->tv_nsec;
    out->uid = unpack_id(both >> ID_BITS);
    out->gid = unpack_id(both & ((UINT64_C(1) << ID_BITS) - 1));
    return true;
}

/* ---- links: ids in front of the text ---- */

/* What the row begins with; texts like it are not made by accident. */
static const char magic[] = "0110100110010110";
enum {
    MAGIC_BITS = sizeof(magic) - 1,
    LINK_BITS = MAGIC_BITS + 64,
};

static int bit_of(uint64_t ids, size_t i)
{
    return i < MAGIC_BITS ? magic[i] == '1' : (int)(ids >> (LINK_BITS - 1 - i) & 1);
}

size_t ocib_link_least(void)
{
    return LINK_BITS + 1;
}

/* "/" or "./", a "/" for each 0 and a "./" for each 1, and the text without the "/" it began with:
 * whatever it is, the row of 80 signs ends where it ends. */
ssize_t ocib_link_encode(const char *text, const struct ocib_record *owner, char out[OCIB_LINK_MAX])
{
    OCIB_AUTO_BUF struct ocib_buf row = {0};
    uint64_t ids = (uint64_t)owner->uid << 32 | owner->gid;
    ocib_buf_init(&row);
    if (ids) {
        ocib_buf_puts(&row, text[0] == '/' ? "/" : "./");
        for (size_t i = 0; i < LINK_BITS; i++) {
            ocib_buf_puts(&row, bit_of(ids, i) ? "./" : "/");
        }
    }
    ocib_buf_puts(&row, ids && text[0] == '/' ? text + 1 : text);
    if (row.len >= OCIB_LINK_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(out, row.data, row.len + 1);
    return (ssize_t)row.len;
}

/* One sign of the row: 0, 1, or -1. */
static int take_bit(const char *text, size_t len, size_t *at)
{
    if (*at < len && text[*at] == '/') {
        *at += 1;
        return 0;
    }
    if (*at + 1 < len && text[*at] == '.' && text[*at + 1] == '/') {
        *at += 2;
        return 1;
    }
    return -1;
}

ssize_t ocib_link_decode(char *text, size_t len, struct ocib_record *owner)
{
    bool absolute = len && text[0] == '/';
    size_t at = absolute ? 1 : 2;
    uint64_t ids = 0;
    if (len < LINK_BITS || (!absolute && strncmp(text, "./", 2) != 0)) {
        return -1;
    }
    for (size_t i = 0; i < LINK_BITS; i++) {
        int bit = take_bit(text, len, &at);
        if (bit < 0 || (i < MAGIC_BITS && bit != bit_of(0, i))) {
            return -1;
        }
        ids = i < MAGIC_BITS ? 0 : ids << 1 | (unsigned)bit;
    }
    size_t left = len - at;
    memmove(text + absolute, text + at, left);
    text[absolute + left] = '\0';
    owner->uid = (uid_t)(ids >> 32);
    owner->gid = (gid_t)(ids & UINT32_MAX);
    return (ssize_t)(absolute + left);
}

/* ---- any file ---- */

static bool read_attribute(const char *path, bool follow, struct ocib_record *out)
{
    struct value value;
    ssize_t n = follow ? getxattr(path, attribute, &value, sizeof(value))
                       : lgetxattr(path, attribute, &value, sizeof(value));
    if (n != (ssize_t)sizeof(value)) {
        return false;
    }
    out->uid = value.uid;
    out->gid = value.gid;
    out->type = value.type & S_IFMT;
    out->rdev = makedev(value.major, value.minor);
    return true;
}

static bool read_link(const char *path, bool follow, struct ocib_record *out)
{
    char text[OCIB_LINK_MAX + 1];
    OCIB_AUTO_FD int fd = open(path, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
    ssize_t len = fd < 0 ? -1 : readlinkat(fd, "", text, OCIB_LINK_MAX);
    return len >= 0 && ocib_link_decode(text, (size_t)len, out) >= 0;
}

bool ocib_record_read(const char *path, bool follow, const struct stat *st, struct ocib_record *out)
{
    *out = (struct ocib_record){0};
    switch (st->st_mode & S_IFMT) {
    case S_IFREG:
    case S_IFDIR:
        return read_attribute(path, follow, out);
    case S_IFLNK:
        return st->st_size >= LINK_BITS && read_link(path, follow, out);
    case S_IFIFO:
    case S_IFSOCK:
        return unpack_time(&st->st_atim, out);
    default:
        return false;
    }
}

void ocib_record_show(const struct ocib_record *record, struct stat *st)
{
    st->st_uid = record->uid;
    st->st_gid = record->gid;
    if (record->type && S_ISREG(st->st_mode)) {
        st->st_mode = record->type | (st->st_mode & 07777);
        st->st_rdev = record->rdev;
    }
}

static int write_attribute(int fd, const struct ocib_record *record)
{
    char path[32];
    snprintf(path, sizeof(path), "self/fd/%d", fd);
    const struct value value = {
        .uid = record->uid,
        .gid = record->gid,
        .type = record->type,
        .major = major(record->rdev),
        .minor = minor(record->rdev),
    };
    bool roots = !record->uid && !record->gid && !record->type;
    int set =
        roots ? removexattr(path, attribute) : setxattr(path, attribute, &value, sizeof(value), 0);
    return set < 0 && errno != ENOTSUP && errno != ENODATA ? -1 : 0;
}

static int write_time(int fd, const struct ocib_record *record)
{
    char path[32];
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}};
    snprintf(path, sizeof(path), "self/fd/%d", fd);
    if ((record->uid || record->gid) && !pack_time(record, &times[0])) {
        errno = EINVAL;
        return -1;
    }
    return utimensat(AT_FDCWD, path, times, 0);
}

int ocib_record_write(int fd, const struct stat *st, const struct ocib_record *record)
{
    switch (st->st_mode & S_IFMT) {
    case S_IFREG:
    case S_IFDIR:
        return write_attribute(fd, record);
    case S_IFIFO:
    case S_IFSOCK:
        return write_time(fd, record);
    default:
        return 0;
    }
}

/* The new link is made beside the old one and takes its name. */
static int replace(int parent_fd, const char *name, const char *text, const struct stat *old)
{
    char random[17];
    char aside[40];
    const struct timespec times[2] = {old->st_atim, old->st_mtim};
    ocib_random_name(random);
    snprintf(aside, sizeof(aside), ".ocib-%s", random);
    if (symlinkat(text, parent_fd, aside) < 0) {
        return -1;
    }
    if (utimensat(parent_fd, aside, times, AT_SYMLINK_NOFOLLOW) == 0 &&
        renameat(parent_fd, aside, parent_fd, name) == 0) {
        return 0;
    }
    int saved = errno;
    unlinkat(parent_fd, aside, 0);
    errno = saved;
    return -1;
}

int ocib_record_relink(int parent_fd, const char *name, const struct ocib_record *record)
{
    char old[OCIB_LINK_MAX + 1];
    char text[OCIB_LINK_MAX];
    struct ocib_record before;
    struct stat st;
    struct stat parent;
    ssize_t len = readlinkat(parent_fd, name, old, OCIB_LINK_MAX);
    if (len < 0 || fstat(parent_fd, &parent) < 0 ||
        fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return -1;
    }
    old[len] = '\0';
    (void)ocib_link_decode(old, (size_t)len, &before);
    if (ocib_link_encode(old, record, text) < 0 || replace(parent_fd, name, text, &st) < 0) {
        return -1;
    }
    char path[32];
    const struct timespec times[2] = {parent.st_atim, parent.st_mtim};
    snprintf(path, sizeof(path), "self/fd/%d", parent_fd);
    return utimensat(AT_FDCWD, path, times, 0);
}
