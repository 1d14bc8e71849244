/*
 * What is made: a new file belongs to its maker, or in a set-group-ID folder to the folder's group.
 * Where that is root, the kernel makes it; else it is made here, for there is no moment after a
 * call at which its owner could be recorded.
 */
#include "emulate/call.h"
#include "emulate/record.h"

#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The arguments of a call by which it says what to make. */
struct making {
    const struct ocib_call *call;
    int dir; /* -1: relative paths begin at the working folder */
    int path;
    struct ocib_place place;
    struct ocib_record owner;
};

/* False: the kernel makes it. */
static bool find(struct making *m)
{
    const struct ocib_place_spec spec = {
        .dir_fd = m->dir < 0 ? AT_FDCWD : ocib_call_int(m->call, m->dir),
        .path_at = ocib_call_argument(m->call, m->path),
    };
    return ocib_call_place(m->call, &spec, &m->place);
}

/* Whose a new file in a folder is. */
static bool find_owner(struct making *m, const char *folder)
{
    const struct ocib_creds *creds = ocib_call_creds(m->call);
    struct stat st;
    struct ocib_record above;
    m->owner = (struct ocib_record){.uid = creds->uid.fs, .gid = creds->gid.fs};
    if (stat(folder, &st) < 0) {
        return false;
    }
    if (st.st_mode & S_ISGID) {
        ocib_record_read(folder, true, &st, &above);
        m->owner.gid = above.gid;
    }
    return true;
}

static bool find_all(struct making *m)
{
    char name[NAME_MAX + 1];
    if (!find(m)) {
        return false;
    }
    struct ocib_place parent = m->place;
    return ocib_place_split(&parent, name) && find_owner(m, parent.path);
}

static bool is_roots(const struct making *m)
{
    return m->owner.uid == 0 && m->owner.gid == 0;
}

static mode_t umask_of(const struct ocib_call *call)
{
    char text[1024];
    char path[32];
    snprintf(path, sizeof(path), "%d/status", (int)call->there);
    OCIB_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    text[n < 0 ? 0 : n] = '\0';
    const char *line = strstr(text, "\nUmask:");
    return line ? (mode_t)strtoul(line + strlen("\nUmask:"), NULL, 8) & 0777 : 022;
}

static mode_t mode_of(const struct ocib_call *call, mode_t mode)
{
    return mode & ~umask_of(call);
}

/* Of what was just made at m->place, or is open as `fd`. */
static long record(const struct making *m, int fd)
{
    OCIB_AUTO_FD int made = -1;
    struct stat st;
    if (fd < 0) {
        made = fd = open(m->place.path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    }
    return fd < 0 || fstat(fd, &st) < 0 || ocib_record_write(fd, &st, &m->owner) < 0 ? -errno : 0;
}

/* ---- files ---- */

struct opening {
    struct open_how how;
    bool resolves; /* it has rules for its path: openat2(2) */
};

static bool close_on_exec(const struct opening *opening)
{
    return opening->how.flags & O_CLOEXEC;
}

/* A path with rules is opened from the caller's folder, by these rules. */
static int open_by_rules(const struct making *m, struct open_how *how)
{
    char text[PATH_MAX];
    struct ocib_place folder = {.path = "."};
    int dir = ocib_call_int(m->call, m->dir);
    snprintf(folder.path, sizeof(folder.path), dir == AT_FDCWD ? "%d/cwd" : "%d/fd/%d",
             (int)m->call->there, dir);
    OCIB_AUTO_FD int fd = open(folder.path, O_PATH | O_CLOEXEC);
    if (fd < 0 ||
        !ocib_call_read_text(m->call, ocib_call_argument(m->call, m->path), text, sizeof(text))) {
        return -1;
    }
    return (int)syscall(SYS_openat2, fd, text, how, sizeof(*how));
}

static int open_new(const struct making *m, const struct opening *opening)
{
    struct open_how how = opening->how;
    how.flags |= O_CLOEXEC | O_NOCTTY;
    how.mode = mode_of(m->call, (mode_t)how.mode & 07777);
    if ((how.flags & O_TMPFILE) != O_TMPFILE) {
        how.flags |= O_EXCL | O_NOFOLLOW;
    }
    return opening->resolves
               ? open_by_rules(m, &how)
               : (int)syscall(SYS_openat2, AT_FDCWD, m->place.path, &how, sizeof(how));
}

/* O_TMPFILE names the folder. */
static bool find_for_open(struct making *m, const struct opening *opening)
{
    struct stat st;
    if ((opening->how.flags & O_TMPFILE) == O_TMPFILE) {
        return find(m) && find_owner(m, m->place.path);
    }
    if (!find_all(m)) {
        return false;
    }
    return is_roots(m) || lstat(m->place.path, &st) < 0;
}

static long open_for(struct making *m, const struct opening *opening)
{
    if ((opening->how.flags & O_PATH) || !find_for_open(m, opening) || is_roots(m) ||
        !ocib_call_is_alive(m->call)) {
        return OCIB_CALL_GOES_ON;
    }
    OCIB_AUTO_FD int fd = open_new(m, opening);
    if (fd < 0) {
        return OCIB_CALL_GOES_ON; /* it is there by now, or can't be made */
    }
    long recorded = record(m, fd);
    return recorded < 0 ? recorded : ocib_call_give_fd(m->call, fd, close_on_exec(opening));
}

long ocib_emulate_open(struct ocib_call *call)
{
    struct making m = {.call = call, .dir = -1, .path = 0};
    const struct opening opening = {
        .how = {(unsigned)ocib_call_int(call, 1), ocib_call_argument(call, 2), 0}};
    return open_for(&m, &opening);
}

long ocib_emulate_openat(struct ocib_call *call)
{
    struct making m = {.call = call, .dir = 0, .path = 1};
    const struct opening opening = {
        .how = {(unsigned)ocib_call_int(call, 2), ocib_call_argument(call, 3), 0}};
    return open_for(&m, &opening);
}

long ocib_emulate_openat2(struct ocib_call *call)
{
    struct making m = {.call = call, .dir = 0, .path = 1};
    struct opening opening = {.resolves = false};
    if (ocib_call_argument(call, 3) < sizeof(opening.how) ||
        !ocib_call_read(call, ocib_call_argument(call, 2), &opening.how, sizeof(opening.how)) ||
        !(opening.how.flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)))) {
        return OCIB_CALL_GOES_ON;
    }
    opening.resolves = opening.how.resolve != 0;
    return open_for(&m, &opening);
}

long ocib_emulate_creat(struct ocib_call *call)
{
    struct making m = {.call = call, .dir = -1, .path = 0};
    const struct opening opening = {
        .how = {O_CREAT | O_WRONLY | O_TRUNC, ocib_call_argument(call, 1), 0}};
    return open_for(&m, &opening);
}

/* ---- folders, links, nodes ---- */

static long make_folder(struct making *m, mode_t mode)
{
    if (!find_all(m) || is_roots(m) || !ocib_call_is_alive(m->call)) {
        return OCIB_CALL_GOES_ON;
    }
    if (mkdir(m->place.path, mode_of(m->call, mode)) < 0) {
        return -errno;
    }
    return record(m, -1);
}

long ocib_emulate_mkdir(struct ocib_call *call)
{
    struct making m = {.call = call, .dir = -1, .path = 0};
    return make_folder(&m, (mode_t)ocib_call_argument(call, 1) & 01777);
}

long ocib_emulate_mkdirat(struct ocib_call *call)
{
    struct making m = {.call = call, .dir = 0, .path = 1};
    return make_folder(&m, (mode_t)ocib_call_argument(call, 2) & 01777);
}

static long make_link(struct making *m, uint64_t text_at)
{
    char text[PATH_MAX];
    char with_owner[OCIB_LINK_MAX];
    if (!find_all(m) || is_roots(m) || !ocib_call_read_text(m->call, text_at, text, sizeof(text)) ||
        !text[0] || !ocib_call_is_alive(m->call)) {
        return OCIB_CALL_GOES_ON;
    }
    return ocib_link_encode(text, &m->owner, with_owner) < 0 ||
                   symlink(with_owner, m->place.path) < 0
               ? -errno
               : 0;
}

long ocib_emulate_symlink(struct ocib_call *call)
{
    struct making m = {.call = call, .dir = -1, .path = 1};
    return make_link(&m, ocib_call_argument(call, 0));
}

long ocib_emulate_symlinkat(struct ocib_call *call)
{
    struct making m = {.call = call, .dir = 1, .path = 2};
    return make_link(&m, ocib_call_argument(call, 0));
}

/* A regular file stands for it. */
static long make_device(struct making *m, mode_t mode, dev_t rdev)
{
    /* overlayfs keeps device 0:0 for itself, too: it would mean "removed". */
    if (!ocib_creds_can(ocib_call_creds(m->call), CAP_MKNOD) ||
        (S_ISCHR(mode) && rdev == makedev(0, 0))) {
        return -EPERM;
    }
    if (!find_all(m) || !ocib_call_is_alive(m->call)) {
        return OCIB_CALL_GOES_ON;
    }
    m->owner.type = mode & S_IFMT;
    m->owner.rdev = rdev;
    OCIB_AUTO_FD int fd = open(m->place.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                               mode_of(m->call, mode & 07777));
    return fd < 0 ? -errno : record(m, fd);
}

static long make_node(struct making *m, mode_t mode, dev_t rdev)
{
    if (S_ISCHR(mode) || S_ISBLK(mode)) {
        return make_device(m, mode, rdev);
    }
    if (!find_all(m) || is_roots(m) || !ocib_call_is_alive(m->call)) {
        return OCIB_CALL_GOES_ON;
    }
    mode_t type = mode & S_IFMT;
    if (mknod(m->place.path, type | mode_of(m->call, mode & 07777), 0) < 0) {
        return -errno;
    }
    return record(m, -1);
}

/* The number as the kernel has it: 12 bits of major between 20 of minor. */
static dev_t device(uint64_t number)
{
    return makedev((number >> 8) & 0xfff, (number & 0xff) | ((number >> 12) & 0xfff00));
}

long ocib_emulate_mknod(struct ocib_call *call)
{
    struct making m = {.call = call, .dir = -1, .path = 0};
    return make_node(&m, (mode_t)ocib_call_argument(call, 1), device(ocib_call_argument(call, 2)));
}

long ocib_emulate_mknodat(struct ocib_call *call)
{
    struct making m = {.call = call, .dir = 0, .path = 1};
    return make_node(&m, (mode_t)ocib_call_argument(call, 2), device(ocib_call_argument(call, 3)));
}
