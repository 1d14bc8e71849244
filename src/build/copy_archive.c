#include "build/copy_target.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "tar/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { PIECE = 128 * 1024 };

/* A folder's time is set again at the end: what goes into it changes it. */
struct folder_time {
    char *path;
    struct timespec mtime;
};

struct unpacking {
    struct ocib_copying *copying;
    int root_fd; /* the folder that the archive goes to */
    struct ocib_last_folder last;
    struct {
        OCIB_VEC(struct folder_time);
    } times;
    char *bytes;
};

static void unpacking_release(struct unpacking *unpacking)
{
    ocib_fd_cleanup(&unpacking->root_fd);
    ocib_last_folder_release(&unpacking->last);
    for (size_t i = 0; i < unpacking->times.len; i++) {
        free(unpacking->times.items[i].path);
    }
    ocib_vec_release(&unpacking->times);
    free(unpacking->bytes);
}

/* The folder of an entry. Missing ones belong to root, whatever --chown says, and take no
 * set-group-ID bit over (moby). */
static int open_folder_of(struct unpacking *unpacking, const char *path, const char **base,
                          struct ocib_error **err)
{
    const char *slash = strrchr(path, '/');
    OCIB_AUTO_FREE char *dir = ocib_strndup(path, slash ? (size_t)(slash - path) : 0);
    *base = slash ? slash + 1 : path;
    struct ocib_last_folder *last = &unpacking->last;
    if (last->path && strcmp(last->path, dir) == 0) {
        return last->fd;
    }
    ocib_last_folder_release(last);
    struct ocib_folder_how how = {.root_fd = unpacking->root_fd, .mode = 0755, .exact = true};
    last->fd = ocib_target_folder(unpacking->copying, &how, dir, err);
    last->path = last->fd < 0 ? NULL : ocib_steal(&dir);
    return last->fd;
}

/* The entry's content; a sparse file's holes stay holes. */
static int write_content(struct unpacking *unpacking, struct ocib_tar_reader *tar, int fd,
                         const struct ocib_place *place, struct ocib_error **err)
{
    const struct ocib_placing *placing = &unpacking->copying->placing;
    int64_t size = 0;
    for (;;) {
        int64_t hole = ocib_tar_reader_hole(tar);
        ssize_t n = hole > 0 ? 0 : ocib_tar_reader_data(tar, unpacking->bytes, PIECE, err);
        if (n < 0) {
            return -1;
        }
        if (hole <= 0 && n == 0) {
            break;
        }
        int written = hole > 0 ? (lseek(fd, hole, SEEK_CUR) < 0 ? -1 : 0)
                               : ocib_fd_write_all(fd, unpacking->bytes, (size_t)n);
        if (written < 0) {
            return ocib_place_failed(placing, "write", place->shown, err);
        }
        size += hole > 0 ? hole : n;
    }
    return ftruncate(fd, size) < 0 ? ocib_place_failed(placing, "write", place->shown, err) : 0;
}

static struct ocib_place_meta meta_of(const struct unpacking *unpacking,
                                      const struct ocib_tar_entry *entry)
{
    const struct ocib_copy_target *target = unpacking->copying->target;
    return (struct ocib_place_meta){
        .mode = entry->mode,
        .uid = target->has_owner ? target->uid : entry->uid,
        .gid = target->has_owner ? target->gid : entry->gid,
        .mtime = {.tv_sec = entry->mtime, .tv_nsec = entry->mtime_nsec},
        .xattrs = entry->xattrs,
    };
}

static int unpack_file(struct unpacking *unpacking, struct ocib_tar_reader *tar,
                       const struct ocib_tar_entry *entry, const struct ocib_place *place,
                       struct ocib_error **err)
{
    const struct ocib_placing *placing = &unpacking->copying->placing;
    struct ocib_place_meta meta = meta_of(unpacking, entry);
    OCIB_AUTO_FD int fd = ocib_place_file(placing, place, true, err);
    if (fd < 0 || write_content(unpacking, tar, fd, place, err) < 0 ||
        ocib_place_finish(placing, place, fd, &meta, err) < 0) {
        return -1;
    }
    return ocib_fd_close(&fd, place->shown, err);
}

static int unpack_folder(struct unpacking *unpacking, const struct ocib_tar_entry *entry,
                         const struct ocib_place *place, struct ocib_error **err)
{
    const struct ocib_placing *placing = &unpacking->copying->placing;
    struct ocib_place_meta meta = meta_of(unpacking, entry);
    if (ocib_place_folder(placing, place, true, NULL, err) < 0) {
        return -1;
    }
    ocib_vec_push(&unpacking->times, ((struct folder_time){ocib_strdup(entry->path), meta.mtime}));
    return ocib_place_finish(placing, place, -1, &meta, err);
}

/* Does a path, taken from the top, stay in the archive's folder? */
static bool stays_inside(const char *path)
{
    struct ocib_str rest = ocib_str(path);
    struct ocib_str part;
    size_t depth = 0;
    while (ocib_str_cut(&rest, '/', &part)) {
        if (ocib_str_is(part, "..")) {
            if (depth-- == 0) {
                return false;
            }
        } else {
            depth += part.len > 0 && !ocib_str_is(part, ".");
        }
    }
    return true;
}

static int unpack_hardlink(struct unpacking *unpacking, const struct ocib_tar_entry *entry,
                           const struct ocib_place *place, struct ocib_error **err)
{
    const struct ocib_placing *placing = &unpacking->copying->placing;
    if (!stays_inside(entry->linkname)) {
        return ocib_error_set(err, OCIB_ECORRUPT, "hard link %s leads out of the archive: %s",
                              entry->path, entry->linkname);
    }
    const char *from;
    OCIB_AUTO_FD int dir = ocib_open_parent_in_root(unpacking->root_fd, entry->linkname, &from);
    struct stat st;
    if (dir < 0 || fstatat(dir, from, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return ocib_error_set_errno(err, OCIB_ECORRUPT, "can't link %s to %s", entry->path,
                                    entry->linkname);
    }
    struct ocib_place_meta meta = meta_of(unpacking, entry);
    meta.mode = (st.st_mode & S_IFMT) | (entry->mode & 07777);
    return ocib_place_hardlink(placing, place, dir, from, true, err) < 0
               ? -1
               : ocib_place_finish(placing, place, -1, &meta, err);
}

static int unpack_special(struct unpacking *unpacking, const struct ocib_tar_entry *entry,
                          const struct ocib_place *place, struct ocib_error **err)
{
    const struct ocib_placing *placing = &unpacking->copying->placing;
    struct ocib_place_meta meta = meta_of(unpacking, entry);
    int made = 1;
    if (S_ISLNK(entry->mode)) {
        made = ocib_place_symlink(placing, place, entry->linkname, true, err) < 0 ? -1 : 1;
    } else if (S_ISCHR(entry->mode) || S_ISBLK(entry->mode) || S_ISFIFO(entry->mode)) {
        made = ocib_place_node(placing, place, entry->mode, entry->rdev, true, err);
    } else {
        return ocib_error_set(err, OCIB_ECORRUPT, "%s is of an unknown type", entry->path);
    }
    return made > 0 ? ocib_place_finish(placing, place, -1, &meta, err) : made;
}

static int unpack_entry(struct unpacking *unpacking, struct ocib_tar_reader *tar,
                        const struct ocib_tar_entry *entry, struct ocib_error **err)
{
    /* "./" stands for the destination, whose mode and owner the archive doesn't decide (moby). */
    if (!*entry->path) {
        return 0;
    }
    const char *name;
    int dir_fd = open_folder_of(unpacking, entry->path, &name, err);
    if (dir_fd < 0) {
        return -1;
    }
    OCIB_AUTO_FREE char *shown =
        ocib_path_join(unpacking->copying->selection->op->dest, entry->path);
    struct ocib_place place = {dir_fd, name, shown};
    if (entry->is_hardlink) {
        return unpack_hardlink(unpacking, entry, &place, err);
    }
    if (S_ISREG(entry->mode)) {
        return unpack_file(unpacking, tar, entry, &place, err);
    }
    return S_ISDIR(entry->mode) ? unpack_folder(unpacking, entry, &place, err)
                                : unpack_special(unpacking, entry, &place, err);
}

/* What has become of a folder since, by another entry of the same name, is left alone. */
static void set_folder_times(struct unpacking *unpacking)
{
    for (size_t i = 0; i < unpacking->times.len; i++) {
        const struct folder_time *time = &unpacking->times.items[i];
        const char *base;
        OCIB_AUTO_FD int parent = ocib_open_parent_in_root(unpacking->root_fd, time->path, &base);
        OCIB_AUTO_FD int dir =
            parent < 0 ? -1 : openat(parent, base, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct timespec times[2] = {time->mtime, time->mtime};
        if (dir >= 0 && utimensat(dir, ".", times, 0) < 0) {
            ocib_log_at(unpacking->copying->placing.log, OCIB_LOG_WARNING,
                        unpacking->copying->placing.span, "can't set the time of %s", time->path);
        }
    }
}

static int unpack(struct unpacking *unpacking, struct ocib_tar_reader *tar,
                  struct ocib_tar_entry *entry, struct ocib_error **err)
{
    int more = 1;
    while (more > 0) {
        /* Anything but a file may have changed what a path leads to. */
        if (unpack_entry(unpacking, tar, entry, err) < 0) {
            return -1;
        }
        if (entry->is_hardlink || !S_ISREG(entry->mode)) {
            ocib_last_folder_release(&unpacking->last);
        }
        more = ocib_tar_reader_next(tar, entry, err);
    }
    set_folder_times(unpacking);
    return more;
}

/* What is damaged is the user's archive, nothing of the store. */
static int blame_archive(const struct ocib_copying *copying, const struct ocib_copy_pick *pick,
                         struct ocib_error **err)
{
    if (err && ocib_error_code(*err) == OCIB_ECORRUPT) {
        ocib_error_code_set(err, OCIB_EINPUT);
    }
    ocib_error_wrap(err, "can't unpack %s", pick->path);
    return ocib_error_place_at(err, copying->placing.span);
}

/* Begins to read a pick as an archive; NULL without an error if it is none. */
static struct ocib_tar_reader *begin(struct ocib_copying *copying,
                                     const struct ocib_copy_pick *pick,
                                     struct ocib_tar_entry *entry, struct ocib_error **err)
{
    struct stat st = ocib_copy_entry_stat(&pick->top);
    int fd = ocib_context_file_open(copying->selection->tree.root_fd, pick->path, &st, err);
    if (fd < 0) {
        ocib_error_place_at(err, copying->placing.span);
        return NULL;
    }
    OCIB_AUTO_ERROR struct ocib_error *why = NULL; /* doesn't matter of what is no archive */
    OCIB_AUTO(ocib_tar_reader_cleanup)
    struct ocib_tar_reader *tar =
        ocib_tar_reader_new(ocib_reader_of_fd(fd, true, pick->path), true, &why);
    if (tar && ocib_tar_reader_next(tar, entry, &why) > 0) {
        return ocib_steal(&tar);
    }
    bool readable = ocib_error_code(why) == OCIB_ECORRUPT || ocib_error_code(why) == OCIB_OK;
    if (!readable || (tar && why && ocib_tar_reader_began(tar))) {
        blame_archive(copying, pick, &why);
        (void)ocib_error_move(err, ocib_steal(&why));
    }
    return NULL;
}

int ocib_copy_archive(struct ocib_copying *copying, const struct ocib_copy_pick *pick,
                      struct ocib_error **err)
{
    const struct ocib_copy_target *target = copying->target;
    struct ocib_tar_entry entry;
    OCIB_AUTO_ERROR struct ocib_error *failed = NULL;
    OCIB_AUTO(ocib_tar_reader_cleanup)
    struct ocib_tar_reader *tar = begin(copying, pick, &entry, &failed);
    if (!tar) {
        return failed ? ocib_error_move(err, ocib_steal(&failed)) : 0;
    }
    struct ocib_folder_how how = {.root_fd = target->root_fd,
                                  .mode = 0755,
                                  .uid = target->has_owner ? target->uid : 0,
                                  .gid = target->has_owner ? target->gid : 0};
    OCIB_AUTO(unpacking_release)
    struct unpacking unpacking = {.copying = copying, .root_fd = -1, .last = {-1, NULL}};
    unpacking.root_fd = ocib_target_folder(copying, &how, copying->selection->op->dest, err);
    unpacking.bytes = ocib_alloc(PIECE, 1);
    if (unpacking.root_fd < 0) {
        return -1;
    }
    if (unpack(&unpacking, tar, &entry, err) < 0) {
        return blame_archive(copying, pick, err);
    }
    return 1;
}
