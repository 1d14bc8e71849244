/*
 * Work folders: ocib/work/<16 hex digits>/, each with a file ".lock" on which its process holds an
 * flock. A folder whose lock can be taken belongs to nobody any more.
 *
 * Between making a folder and locking it, it must not look like a dead one: both that and the look
 * for dead ones happen under ocib/work.lock, which is held for moments only.
 */
#include "store/internal.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORK_LOCK "work.lock"
#define OWN_LOCK  ".lock"

static int make_folder(struct ocib_store *store, struct ocib_work *work, const char *name,
                       struct ocib_error **err)
{
    OCIB_AUTO_FD int guard = ocib_lock(store->ours_fd, WORK_LOCK, true, err);
    if (guard < 0) {
        return ocib_error_wrap(err, "store %s", store->root);
    }
    if (mkdirat(store->work_fd, name, OCIB_STORE_DIR_MODE) < 0) {
        return ocib_store_fail(err, "can't make work folder %s", work->path);
    }
    work->fd = openat(store->work_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (work->fd < 0) {
        return ocib_store_fail(err, "can't open work folder %s", work->path);
    }
    work->lock_fd = ocib_lock(work->fd, OWN_LOCK, true, err);
    return work->lock_fd < 0 ? ocib_error_wrap(err, "work folder %s", work->path) : 0;
}

int ocib_store_work_new(struct ocib_store *store, struct ocib_work *out, struct ocib_error **err)
{
    char name[17];
    ocib_random_name(name);
    struct ocib_work work = {.store = store, .fd = -1, .lock_fd = -1};
    work.path = ocib_format("%s/ocib/work/%s", store->root, name);
    if (make_folder(store, &work, name, err) < 0) {
        ocib_work_release(&work);
        return -1;
    }
    *out = work;
    return 0;
}

static void remove_folder(struct ocib_store *store, const char *name)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    if (ocib_remove_tree(store->work_fd, name, &err) < 0) {
        ocib_log(store->log, OCIB_LOG_DEBUG, "work folder %s/ocib/work/%s is left for now: %s",
                 store->root, name, ocib_error_message(err));
    }
}

/* The lock is held until the folder is gone, so that no other process removes it too. */
void ocib_work_release(struct ocib_work *work)
{
    if (work->path && work->store) {
        remove_folder(work->store, strrchr(work->path, '/') + 1);
    }
    if (work->path) {
        ocib_fd_cleanup(&work->fd);
        ocib_fd_cleanup(&work->lock_fd);
    }
    free(work->path);
    *work = (struct ocib_work){.fd = -1, .lock_fd = -1};
}

struct ocib_work *ocib_store_own_work(struct ocib_store *store, struct ocib_error **err)
{
    struct ocib_work *own = __atomic_load_n(&store->own, __ATOMIC_ACQUIRE);
    if (own) {
        return own;
    }
    struct ocib_work *made = ocib_new(struct ocib_work);
    if (ocib_store_work_new(store, made, err) < 0) {
        free(made);
        return NULL;
    }
    if (!__atomic_compare_exchange_n(&store->own, &own, made, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        ocib_work_release(made); /* another thread was faster */
        free(made);
        return own;
    }
    return made;
}

struct dead {
    char *name;
    int lock_fd;
};
struct deads {
    OCIB_VEC(struct dead);
};

/* A folder without a lock file is one that died while it was made, as WORK_LOCK is held. */
static void take_if_dead(struct ocib_store *store, const char *name, struct deads *deads)
{
    OCIB_AUTO_FD int fd = openat(store->work_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    int lock_fd = ocib_lock_try(fd, OWN_LOCK, true, NULL);
    if (lock_fd >= 0) {
        ocib_vec_push(deads, ((struct dead){ocib_strdup(name), lock_fd}));
    }
}

static void find_dead(struct ocib_store *store, DIR *dir, struct deads *deads)
{
    OCIB_AUTO_FD int guard = -1;
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        if (guard < 0 && (guard = ocib_lock(store->ours_fd, WORK_LOCK, true, NULL)) < 0) {
            return;
        }
        take_if_dead(store, entry->d_name, deads);
    }
}

/* Opened anew each time: a directory stream shared by threads would share its position. */
static DIR *open_work_dir(const struct ocib_store *store)
{
    int fd = openat(store->work_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        ocib_fd_cleanup(&fd);
    }
    return dir;
}

void ocib_store_sweep_work(struct ocib_store *store)
{
    DIR *dir = open_work_dir(store);
    if (!dir) {
        return;
    }
    struct deads deads = {0};
    find_dead(store, dir, &deads);
    closedir(dir);
    for (size_t i = 0; i < deads.len; i++) {
        remove_folder(store, deads.items[i].name);
        free(deads.items[i].name);
        ocib_fd_cleanup(&deads.items[i].lock_fd);
    }
    ocib_vec_release(&deads);
}
