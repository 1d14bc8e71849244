/*
 * Unpacked layers. A layer's folder is made whole below a work folder and renamed to its place.
 * "meta" names the boot in which it was made: see store.h. Discarding a layer of another boot, and
 * nothing else, needs the lock ocib/layers.lock: two processes that both saw the old layer must not
 * remove what the faster of them put in its place.
 */
#include "store/internal.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define META_FORM "boot %s\n"

enum layer_state { LAYER_ABSENT, LAYER_STALE, LAYER_GOOD };

static enum layer_state look(struct ocib_store *store, const char *hex)
{
    char text[128];
    char meta[OCIB_DIGEST_SIZE + sizeof("/meta")];
    OCIB_AUTO_FREE char *good = ocib_format(META_FORM, store->boot);
    snprintf(meta, sizeof(meta), "%s/meta", hex);
    OCIB_AUTO_FD int fd = openat(store->layers_fd, meta, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return faccessat(store->layers_fd, hex, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? LAYER_STALE
                                                                                : LAYER_ABSENT;
    }
    ssize_t len = ocib_fd_read_full(fd, text, sizeof(text));
    bool same = len == (ssize_t)strlen(good) && memcmp(text, good, (size_t)len) == 0;
    return same ? LAYER_GOOD : LAYER_STALE;
}

/* Moved out of the way now, removed when this process closes the store. */
static int discard(struct ocib_store *store, const char *hex, struct ocib_error **err)
{
    char aside[17];
    const struct ocib_work *own = ocib_store_own_work(store, err);
    if (!own) {
        return -1;
    }
    OCIB_AUTO_FD int lock = ocib_lock(store->ours_fd, "layers.lock", true, err);
    if (lock < 0) {
        return ocib_error_wrap(err, "store %s", store->root);
    }
    if (look(store, hex) != LAYER_STALE) {
        return 0;
    }
    ocib_random_name(aside);
    if (renameat(store->layers_fd, hex, own->fd, aside) < 0 && errno != ENOENT) {
        return ocib_store_fail(err, "can't move the old layer %s/ocib/%s/%s away", store->root,
                               store->layers, hex);
    }
    ocib_log(store->log, OCIB_LOG_DEBUG,
             "unpacked layer %s is of another boot and was not synced: it is made anew", hex);
    return 0;
}

char *ocib_store_layer_path(struct ocib_store *store, const struct ocib_digest *chain)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    if (!ocib_digest_is_set(chain)) {
        return NULL;
    }
    const char *hex = ocib_digest_hex(chain);
    enum layer_state state = look(store, hex);
    if (state == LAYER_STALE && discard(store, hex, &err) < 0) {
        ocib_log(store->log, OCIB_LOG_DEBUG, "%s", ocib_error_message(err));
        return NULL;
    }
    if (state == LAYER_STALE) {
        state = look(store, hex); /* another process may have made it anew just now */
    }
    return state == LAYER_GOOD ? ocib_format("%s/ocib/%s/%s/fs", store->root, store->layers, hex)
                               : NULL;
}

int ocib_store_layers_form(struct ocib_store *store, const char *form, struct ocib_error **err)
{
    snprintf(store->layers, sizeof(store->layers), "layers-%s", form);
    if (mkdirat(store->ours_fd, store->layers, OCIB_STORE_DIR_MODE) < 0 && errno != EEXIST) {
        return ocib_store_fail(err, "can't make %s/ocib/%s", store->root, store->layers);
    }
    int fd = openat(store->ours_fd, store->layers, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return ocib_store_fail(err, "can't open %s/ocib/%s", store->root, store->layers);
    }
    ocib_fd_cleanup(&store->layers_fd);
    store->layers_fd = fd;
    return 0;
}

/* Builds <work>/<made>/{fs,meta} from <work>/<name>. */
static int assemble(struct ocib_store *store, struct ocib_work *work, const char *name,
                    const char *made, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *meta = ocib_format(META_FORM, store->boot);
    if (mkdirat(work->fd, made, OCIB_STORE_DIR_MODE) < 0) {
        return ocib_store_fail(err, "can't make a folder in %s", work->path);
    }
    OCIB_AUTO_FD int dir = openat(work->fd, made, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || renameat(work->fd, name, dir, "fs") < 0) {
        return ocib_store_fail(err, "can't move %s/%s", work->path, name);
    }
    OCIB_AUTO_FD int fd = openat(dir, "meta", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ocib_fd_write_all(fd, meta, strlen(meta)) < 0 || close(ocib_fd_steal(&fd)) < 0) {
        return ocib_store_fail(err, "can't write %s/%s/meta", work->path, made);
    }
    return 0;
}

/* 0: it is in place, or another process's is. */
static int move_in(struct ocib_store *store, struct ocib_work *work, const char *made,
                   const char *hex, struct ocib_error **err)
{
    for (int tries = 0; tries < 10; tries++) {
        if (renameat(work->fd, made, store->layers_fd, hex) == 0) {
            return 0;
        }
        if (errno != EEXIST && errno != ENOTEMPTY) {
            return ocib_store_fail(err, "can't move the layer to %s/ocib/%s/%s", store->root,
                                   store->layers, hex);
        }
        if (look(store, hex) == LAYER_GOOD) {
            return 0;
        }
        if (discard(store, hex, err) < 0) {
            return -1;
        }
    }
    return ocib_error_set(err, OCIB_ESTORE, "can't move the layer to %s/ocib/%s/%s: %s",
                          store->root, store->layers, hex, "its place is taken again and again");
}

int ocib_store_layer_commit(struct ocib_store *store, const struct ocib_digest *chain,
                            struct ocib_work *work, const char *name, struct ocib_error **err)
{
    char made[17];
    if (!ocib_digest_is_set(chain)) {
        return ocib_error_set(err, OCIB_EINTERNAL, "a layer without a chain ID");
    }
    ocib_random_name(made);
    if (assemble(store, work, name, made, err) < 0) {
        return -1;
    }
    return move_in(store, work, made, ocib_digest_hex(chain), err);
}

int ocib_store_layer_lock(struct ocib_store *store, const struct ocib_digest *chain,
                          struct ocib_error **err)
{
    OCIB_AUTO_FREE char *name = ocib_format("locks/%s", ocib_digest_hex(chain));
    int fd = ocib_lock(store->ours_fd, name, true, err);
    return fd < 0 ? ocib_error_wrap(err, "store %s", store->root) : fd;
}
