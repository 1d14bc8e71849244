/* What files are: owners changed and shown, the texts of links, the lists of attributes. */
#include "emulate/call.h"
#include "emulate/record.h"

#include "base/mem.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == 8 && sizeof(((struct stat *)0)->st_ino) == sizeof(long),
               "struct stat must be the kernel's own");

/* A path as the arguments of a call give it. `dir` and `flags`: which argument, or -1 for none. */
static bool place_of(const struct ocib_call *call, int dir, int path, int flags,
                     struct ocib_place *out)
{
    int bits = flags < 0 ? 0 : ocib_call_int(call, flags);
    const struct ocib_place_spec spec = {
        .dir_fd = dir < 0 ? AT_FDCWD : ocib_call_int(call, dir),
        .path_at = ocib_call_argument(call, path),
        .follow = !(bits & AT_SYMLINK_NOFOLLOW),
        .may_be_empty = bits & AT_EMPTY_PATH,
    };
    return ocib_call_place(call, &spec, out);
}

static bool link_place_of(const struct ocib_call *call, int dir, int path, struct ocib_place *out)
{
    const struct ocib_place_spec spec = {
        .dir_fd = dir < 0 ? AT_FDCWD : ocib_call_int(call, dir),
        .path_at = ocib_call_argument(call, path),
        .may_be_empty = dir >= 0,
    };
    return ocib_call_place(call, &spec, out);
}

/* ---- chown ---- */

/* Where a link that is known by a descriptor only (O_PATH) lies. */
static bool name_link(const struct ocib_place *place, const struct stat *st, struct ocib_place *out)
{
    struct stat found;
    ssize_t len = readlink(place->path, out->path, sizeof(out->path) - 1);
    if (len <= 0) {
        return false;
    }
    out->path[len] = '\0';
    return out->path[0] == '/' && lstat(out->path, &found) == 0 && found.st_ino == st->st_ino &&
           found.st_dev == st->st_dev;
}

static long relink(const struct ocib_place *place, const struct stat *st,
                   const struct ocib_record *record)
{
    char name[NAME_MAX + 1];
    struct ocib_place parent = *place;
    if (place->follow && !name_link(place, st, &parent)) {
        return -EINVAL;
    }
    if (!ocib_place_split(&parent, name)) {
        return -EINVAL;
    }
    OCIB_AUTO_FD int fd = open(parent.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || ocib_record_relink(fd, name, record) < 0 ? -errno : 0;
}

static bool same_record(const struct ocib_record *a, const struct ocib_record *b)
{
    return a->uid == b->uid && a->gid == b->gid;
}

static long set_owner(const struct ocib_place *place, int fd, const struct stat *st,
                      const struct ocib_record *records)
{
    /* What chown(2) does besides: set-id bits and capabilities go, an overlay copies up, a file
     * system that is read-only says so. */
    if (fchownat(fd, "", (uid_t)-1, (gid_t)-1, AT_EMPTY_PATH) < 0) {
        return -errno;
    }
    if (same_record(&records[0], &records[1])) {
        return 0;
    }
    if (S_ISLNK(st->st_mode)) {
        return relink(place, st, &records[1]);
    }
    return ocib_record_write(fd, st, &records[1]) < 0 ? -errno : 0;
}

static long change_owner(const struct ocib_call *call, const struct ocib_place *place, uid_t uid,
                         gid_t gid)
{
    char path[32];
    struct stat st;
    struct ocib_record records[2]; /* before and after */
    OCIB_AUTO_FD int fd = open(place->path, O_PATH | O_CLOEXEC | (place->follow ? 0 : O_NOFOLLOW));
    if (fd < 0 || fstat(fd, &st) < 0 || !ocib_call_is_alive(call)) {
        return OCIB_CALL_GOES_ON;
    }
    snprintf(path, sizeof(path), "self/fd/%d", fd);
    ocib_record_read(path, true, &st, &records[0]);
    struct stat shown = st;
    ocib_record_show(&records[0], &shown);
    long may = ocib_creds_may_chown(ocib_call_creds(call), &shown, uid, gid);
    if (may < 0) {
        return may;
    }
    records[1] = records[0];
    records[1].uid = uid == (uid_t)-1 ? records[0].uid : uid;
    records[1].gid = gid == (gid_t)-1 ? records[0].gid : gid;
    return set_owner(place, fd, &st, records);
}

static long chown_by(const struct ocib_call *call, bool found, const struct ocib_place *place,
                     int first)
{
    return found ? change_owner(call, place, (uid_t)ocib_call_argument(call, first),
                                (gid_t)ocib_call_argument(call, first + 1))
                 : OCIB_CALL_GOES_ON;
}

long ocib_emulate_chown(struct ocib_call *call)
{
    struct ocib_place place;
    return chown_by(call, place_of(call, -1, 0, -1, &place), &place, 1);
}

long ocib_emulate_lchown(struct ocib_call *call)
{
    struct ocib_place place;
    return chown_by(call, link_place_of(call, -1, 0, &place), &place, 1);
}

long ocib_emulate_fchown(struct ocib_call *call)
{
    struct ocib_place place;
    return chown_by(call, ocib_call_fd_place(call, ocib_call_int(call, 0), &place), &place, 1);
}

long ocib_emulate_fchownat(struct ocib_call *call)
{
    struct ocib_place place;
    return chown_by(call, place_of(call, 0, 1, 4, &place), &place, 2);
}

/* ---- stat ---- */

/* A link's size is the length of its text. */
static off_t text_length(const struct ocib_place *place)
{
    char text[OCIB_LINK_MAX + 1];
    struct ocib_record owner;
    OCIB_AUTO_FD int fd = open(place->path, O_PATH | O_CLOEXEC | (place->follow ? 0 : O_NOFOLLOW));
    ssize_t len = fd < 0 ? -1 : readlinkat(fd, "", text, OCIB_LINK_MAX);
    return len < 0 ? 0 : (off_t)ocib_link_decode(text, (size_t)len, &owner);
}

/* Where the user isn't root of a user namespace, a file without a record shows its user; it is
 * root's like all others. */
static bool is_unrecorded_root(uid_t uid)
{
    return geteuid() != 0 && uid == geteuid();
}

static long show(const struct ocib_call *call, bool found, const struct ocib_place *place, int to)
{
    struct stat st;
    struct ocib_record record;
    if (!found ||
        fstatat(AT_FDCWD, place->path, &st, place->follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0) {
        return OCIB_CALL_GOES_ON;
    }
    bool recorded = ocib_record_read(place->path, place->follow, &st, &record);
    if (!recorded && !is_unrecorded_root(st.st_uid)) {
        return OCIB_CALL_GOES_ON;
    }
    ocib_record_show(&record, &st);
    if (recorded && S_ISLNK(st.st_mode)) {
        st.st_size = text_length(place);
        st.st_blocks = 0; /* a short text is in the inode */
    }
    return ocib_call_write(call, ocib_call_argument(call, to), &st, sizeof(st)) ? 0 : -EFAULT;
}

long ocib_emulate_stat(struct ocib_call *call)
{
    struct ocib_place place;
    return show(call, place_of(call, -1, 0, -1, &place), &place, 1);
}

long ocib_emulate_lstat(struct ocib_call *call)
{
    struct ocib_place place;
    return show(call, link_place_of(call, -1, 0, &place), &place, 1);
}

long ocib_emulate_fstat(struct ocib_call *call)
{
    struct ocib_place place;
    return show(call, ocib_call_fd_place(call, ocib_call_int(call, 0), &place), &place, 1);
}

long ocib_emulate_fstatat(struct ocib_call *call)
{
    struct ocib_place place;
    return show(call, place_of(call, 0, 1, 3, &place), &place, 2);
}

static void show_statx(const struct ocib_record *record, struct statx *st)
{
    st->stx_uid = record->uid;
    st->stx_gid = record->gid;
    if (record->type && S_ISREG(st->stx_mode)) {
        st->stx_mode = (uint16_t)(record->type | (st->stx_mode & 07777));
        st->stx_rdev_major = major(record->rdev);
        st->stx_rdev_minor = minor(record->rdev);
    }
}

long ocib_emulate_statx(struct ocib_call *call)
{
    struct ocib_place place;
    struct statx stx;
    struct ocib_record record;
    const int kept = ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
    if (!place_of(call, 0, 1, 2, &place)) {
        return OCIB_CALL_GOES_ON;
    }
    int flags = (ocib_call_int(call, 2) & kept) | (place.follow ? 0 : AT_SYMLINK_NOFOLLOW);
    unsigned mask = (unsigned)ocib_call_argument(call, 3);
    if (statx(AT_FDCWD, place.path, flags, mask | STATX_BASIC_STATS, &stx) < 0) {
        return OCIB_CALL_GOES_ON;
    }
    const struct stat st = {
        .st_mode = stx.stx_mode,
        .st_size = (off_t)stx.stx_size,
        .st_atim = {stx.stx_atime.tv_sec, stx.stx_atime.tv_nsec},
    };
    bool recorded = ocib_record_read(place.path, place.follow, &st, &record);
    if (!recorded && !is_unrecorded_root(stx.stx_uid)) {
        return OCIB_CALL_GOES_ON;
    }
    show_statx(&record, &stx);
    if (recorded && S_ISLNK(stx.stx_mode)) {
        stx.stx_size = (uint64_t)text_length(&place);
        stx.stx_blocks = 0;
    }
    return ocib_call_write(call, ocib_call_argument(call, 4), &stx, sizeof(stx)) ? 0 : -EFAULT;
}

/* ---- times ---- */

/* Of a fifo or socket, where the owner is in the time of last access: that stays. */
long ocib_emulate_utimensat(struct ocib_call *call)
{
    struct ocib_place place;
    struct stat st;
    struct ocib_record record;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_NOW}};
    uint64_t from = ocib_call_argument(call, 2);
    if (!place_of(call, 0, 1, 3, &place) || lstat(place.path, &st) < 0 ||
        !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) ||
        !ocib_record_read(place.path, false, &st, &record)) {
        return OCIB_CALL_GOES_ON;
    }
    if (from && !ocib_call_read(call, from + sizeof(times[0]), &times[1], sizeof(times[1]))) {
        return -EFAULT;
    }
    return utimensat(AT_FDCWD, place.path, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* ---- texts of links ---- */

static long read_text(const struct ocib_call *call, const struct ocib_place *place, int to)
{
    char text[OCIB_LINK_MAX + 1];
    struct ocib_record owner;
    ssize_t len;
    if (place->follow) { /* by a descriptor */
        OCIB_AUTO_FD int fd = open(place->path, O_PATH | O_CLOEXEC);
        len = fd < 0 ? -1 : readlinkat(fd, "", text, OCIB_LINK_MAX);
    } else {
        len = readlink(place->path, text, OCIB_LINK_MAX);
    }
    len = len < 0 ? -1 : ocib_link_decode(text, (size_t)len, &owner);
    int size = ocib_call_int(call, to + 1);
    if (len < 0 || size <= 0) {
        return OCIB_CALL_GOES_ON;
    }
    len = len < size ? len : size;
    return ocib_call_write(call, ocib_call_argument(call, to), text, (size_t)len) ? len : -EFAULT;
}

long ocib_emulate_readlink(struct ocib_call *call)
{
    struct ocib_place place;
    return link_place_of(call, -1, 0, &place) ? read_text(call, &place, 1) : OCIB_CALL_GOES_ON;
}

long ocib_emulate_readlinkat(struct ocib_call *call)
{
    struct ocib_place place;
    return link_place_of(call, 0, 1, &place) ? read_text(call, &place, 2) : OCIB_CALL_GOES_ON;
}

/* ---- lists of attributes ---- */

/* Takes our own names out of a list: its new length. */
static size_t hide_own(char *list, size_t len)
{
    size_t kept = 0;
    for (size_t at = 0; at < len;) {
        size_t size = strlen(list + at) + 1;
        if (strncmp(list + at, OCIB_RECORD_PREFIX, strlen(OCIB_RECORD_PREFIX)) != 0) {
            memmove(list + kept, list + at, size);
            kept += size;
        }
        at += size;
    }
    return kept;
}

static long list_names(const struct ocib_call *call, bool found, const struct ocib_place *place)
{
    char few[1024];
    OCIB_AUTO_FREE char *many = NULL;
    char *list = few;
    if (!found) {
        return OCIB_CALL_GOES_ON;
    }
    ssize_t n = place->follow ? listxattr(place->path, few, sizeof(few))
                              : llistxattr(place->path, few, sizeof(few));
    if (n < 0 && errno == ERANGE) {
        list = many = ocib_alloc(XATTR_LIST_MAX, 1);
        n = place->follow ? listxattr(place->path, many, XATTR_LIST_MAX)
                          : llistxattr(place->path, many, XATTR_LIST_MAX);
    }
    size_t len = n <= 0 ? 0 : hide_own(list, (size_t)n);
    if (n <= 0 || len == (size_t)n) {
        return OCIB_CALL_GOES_ON;
    }
    uint64_t size = ocib_call_argument(call, 2);
    if (size == 0 || len == 0) {
        return (long)len;
    }
    if (size < len) {
        return -ERANGE;
    }
    return ocib_call_write(call, ocib_call_argument(call, 1), list, len) ? (long)len : -EFAULT;
}

long ocib_emulate_listxattr(struct ocib_call *call)
{
    struct ocib_place place;
    return list_names(call, place_of(call, -1, 0, -1, &place), &place);
}

long ocib_emulate_llistxattr(struct ocib_call *call)
{
    struct ocib_place place;
    return list_names(call, link_place_of(call, -1, 0, &place), &place);
}

long ocib_emulate_flistxattr(struct ocib_call *call)
{
    struct ocib_place place;
    return list_names(call, ocib_call_fd_place(call, ocib_call_int(call, 0), &place), &place);
}
