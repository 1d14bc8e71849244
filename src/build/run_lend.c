/*
 * RUN's mounts where nothing can be mounted (mode chroot): what they hold lies in the step's tree
 * while it runs, over the provided paths, and is taken out again whatever happens. A bind is a
 * private copy, so writing to it changes nothing elsewhere; a cache is moved in and back, and is
 * one step's at a time; a secret is a file that is overwritten before it is removed.
 */
#include "build/run_mounts.h"

#include "base/mem.h"
#include "rootfs/provided.h"
#include "rootfs/walk.h"
#include "sys/copy.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const struct ocib_run_mount *item, const char *what, struct ocib_error **err)
{
    ocib_error_set_errno(err, OCIB_ESANDBOX, "can't %s for the mount on %s", what, item->target);
    return ocib_error_place_at(err, item->mount->span);
}

/* Everything in one folder goes to another, over what is there. */
static int move_all(int from_fd, int to_fd)
{
    OCIB_AUTO(ocib_names_release) struct ocib_names names = {0};
    if (ocib_names_read(from_fd, ".", &names) < 0) {
        return -1;
    }
    for (size_t i = 0; i < names.len; i++) {
        const char *name = ocib_names_get(&names, i);
        if (renameat(from_fd, name, to_fd, name) == 0) {
            continue;
        }
        if ((errno != EEXIST && errno != ENOTEMPTY && errno != EISDIR && errno != ENOTDIR) ||
            ocib_remove_tree(to_fd, name, NULL) < 0 || renameat(from_fd, name, to_fd, name) < 0) {
            return -1;
        }
    }
    return 0;
}

static int lend_folder(struct ocib_run_mount *item, int root_fd, int from_fd,
                       struct ocib_error **err)
{
    item->lent_fd = ocib_open_in_root(root_fd, item->target, O_RDONLY | O_DIRECTORY, 0);
    if (item->lent_fd < 0 || from_fd < 0 || move_all(from_fd, item->lent_fd) < 0 ||
        ocib_copy_attributes(from_fd, ".", item->lent_fd, ".") < 0) {
        return failed(item, "put a folder into the tree", err);
    }
    return 0;
}

static int open_file(struct ocib_run_mount *item, int root_fd)
{
    item->lent_fd = ocib_open_in_root(root_fd, item->target, O_WRONLY | O_TRUNC, 0);
    return item->lent_fd;
}

static int lend_bytes(struct ocib_run_mount *item, int root_fd, struct ocib_str bytes,
                      struct ocib_error **err)
{
    const struct ocib_mount *mount = item->mount;
    if (open_file(item, root_fd) < 0 || ocib_fd_write_all(item->lent_fd, bytes.s, bytes.len) < 0 ||
        fchown(item->lent_fd, mount->uid, mount->gid) < 0 ||
        fchmod(item->lent_fd, mount->mode) < 0) {
        return failed(item, "put a file into the tree", err);
    }
    return 0;
}

/* A bind of one file. */
static int lend_file(struct ocib_run_mount *item, int root_fd, struct ocib_error **err)
{
    struct stat st;
    struct ocib_copy_ways ways = {0};
    OCIB_AUTO_FD int from = openat(item->work.fd, "tree", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0 || fstat(from, &st) < 0 || open_file(item, root_fd) < 0 ||
        ocib_copy_content(from, item->lent_fd, &st, &ways) < 0 ||
        fchown(item->lent_fd, st.st_uid, st.st_gid) < 0 ||
        fchmod(item->lent_fd, st.st_mode & 07777) < 0) {
        return failed(item, "put a file into the tree", err);
    }
    return 0;
}

static int lend_script(struct ocib_run_mounts *mounts, struct ocib_run_mount *item, int root_fd,
                       struct ocib_error **err)
{
    const struct ocib_run_op *run = &mounts->step->op->run;
    struct ocib_mkdirs how = {.mode = 0755};
    struct ocib_str text = ocib_str(run->script);
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    if (ocib_mkdirs_in_root(root_fd, OCIB_SCRIPT_FOLDER, &how) < 0) {
        return failed(item, "make a script", err);
    }
    OCIB_AUTO_FD int file = ocib_open_in_root(root_fd, run->script_path, flags, 0700);
    if (file < 0 || ocib_fd_write_all(file, text.s, text.len) < 0 || fchmod(file, 0755) < 0) {
        return failed(item, "make a script", err);
    }
    return 0;
}

static int lend(struct ocib_run_mounts *mounts, struct ocib_run_mount *item, int root_fd,
                struct ocib_error **err)
{
    OCIB_AUTO_FD int tree = -1;
    OCIB_AUTO_FD int cache = -1;
    switch (item->mount->kind) {
    case OCIB_MOUNT_BIND:
        if (item->mount == &mounts->script) {
            return lend_script(mounts, item, root_fd, err);
        }
        if (!item->folder) {
            return lend_file(item, root_fd, err);
        }
        tree = openat(item->work.fd, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return lend_folder(item, root_fd, tree, err);
    case OCIB_MOUNT_CACHE:
        cache = ocib_reopen(item->fd, O_RDONLY | O_DIRECTORY);
        return lend_folder(item, root_fd, cache, err);
    case OCIB_MOUNT_SECRET:
        return lend_bytes(item, root_fd, ocib_run_mount_secret(mounts, item->mount), err);
    case OCIB_MOUNT_TMPFS: /* the provided folder */
    case OCIB_MOUNT_SSH:   /* refused before */
        break;
    }
    return 0;
}

static int by_target(const void *a, const void *b)
{
    const struct ocib_run_mount *const *left = a;
    const struct ocib_run_mount *const *right = b;
    return strcmp((*left)->target, (*right)->target);
}

struct order {
    OCIB_VEC(struct ocib_run_mount *);
};

static void order_release(struct order *order)
{
    ocib_vec_release(order);
}

/* Folders before what is put into them. */
static void by_place(struct ocib_run_mounts *mounts, struct order *out)
{
    for (size_t i = 0; i < mounts->len; i++) {
        if (mounts->items[i].target) {
            ocib_vec_push(out, &mounts->items[i]);
        }
    }
    if (out->len) {
        qsort(out->items, out->len, sizeof(*out->items), by_target);
    }
}

int ocib_run_mounts_lend(struct ocib_run_mounts *mounts, int root_fd, struct ocib_error **err)
{
    OCIB_AUTO(order_release) struct order order = {0};
    by_place(mounts, &order);
    for (size_t i = 0; i < order.len; i++) {
        if (lend(mounts, order.items[i], root_fd, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The cache is again where it was, with what the step made of it. */
static int take_cache_back(struct ocib_run_mount *item, struct ocib_error **err)
{
    OCIB_AUTO_FD int cache = ocib_reopen(item->fd, O_RDONLY | O_DIRECTORY);
    if (cache < 0 || move_all(item->lent_fd, cache) < 0 ||
        ocib_copy_attributes(item->lent_fd, ".", cache, ".") < 0) {
        return failed(item, "take the cache back", err);
    }
    return 0;
}

/* Also what the step has made longer. */
static int wipe(struct ocib_run_mount *item, struct ocib_error **err)
{
    static const char zeros[4096];
    struct stat st;
    int status = fstat(item->lent_fd, &st);
    for (off_t at = 0; status == 0 && at < st.st_size; at += (off_t)sizeof(zeros)) {
        status = pwrite(item->lent_fd, zeros, sizeof(zeros), at) < 0 ? -1 : 0;
    }
    return status < 0 || ftruncate(item->lent_fd, 0) < 0 ? failed(item, "wipe a secret", err) : 0;
}

int ocib_run_mounts_take_back(struct ocib_run_mounts *mounts, struct ocib_error **err)
{
    OCIB_AUTO(order_release) struct order order = {0};
    int status = 0;
    by_place(mounts, &order);
    for (size_t i = order.len; i > 0; i--) {
        struct ocib_run_mount *item = order.items[i - 1];
        if (item->lent_fd < 0) {
            continue;
        }
        int taken = item->mount->kind == OCIB_MOUNT_CACHE    ? take_cache_back(item, err)
                    : item->mount->kind == OCIB_MOUNT_SECRET ? wipe(item, err)
                                                             : 0;
        status = taken < 0 ? -1 : status;
        ocib_fd_cleanup(&item->lent_fd);
    }
    return status;
}
