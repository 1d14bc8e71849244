/*
 * Cache mounts: ocib/cache-mounts/<hex of what it is known by>/<n>, a folder that outlives builds,
 * with <n>.lock beside it. Number 0 is everybody's; more are made when a private one is in use.
 */
#include "build/run_mounts.h"

#include "base/mem.h"
#include "build/copy_selection.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    PRIVATE_MAX = 10000,
    LOOK_AGAIN = 50 * 1000 * 1000, /* nanoseconds between two tries for a locked cache */
};

static void add_number(struct ocib_hasher *hasher, unsigned number)
{
    char text[16];
    snprintf(text, sizeof(text), "%u", number);
    ocib_hasher_field(hasher, ocib_str(text));
}

void ocib_run_cache_digest(const struct ocib_run_mount *cache, struct ocib_digest *out)
{
    const struct ocib_mount *mount = cache->mount;
    OCIB_AUTO(ocib_hasher_cleanup) struct ocib_hasher *hasher = ocib_hasher_new();
    ocib_hasher_field(hasher, OCIB_STR("ocib cache mount 1"));
    ocib_hasher_field(hasher, ocib_str(mount->id));
    if (cache->layers) {
        struct ocib_digest chain = ocib_layers_chain(cache->layers);
        ocib_hasher_field(hasher, ocib_str(chain.text));
        ocib_hasher_field(hasher, ocib_str(mount->source));
    }
    if (cache->input) {
        ocib_hasher_field(hasher, OCIB_STR("context"));
        ocib_hasher_field(hasher, ocib_str(cache->input->name));
        ocib_hasher_field(hasher, ocib_str(mount->source));
    }
    if (mount->owned) {
        add_number(hasher, mount->mode);
        add_number(hasher, mount->uid);
        add_number(hasher, mount->gid);
    }
    ocib_hasher_final(hasher, out);
}

static int failed(const struct ocib_run_mount *cache, struct ocib_error **err)
{
    ocib_error_set_errno(err, OCIB_ESTORE, "can't make the cache %s of %s", cache->cache_path,
                         cache->mount->target);
    return ocib_error_place_at(err, cache->mount->span);
}

struct owner {
    mode_t mode;
    uid_t uid;
    gid_t gid;
};

/* The seed: what from= and source= name, with its owners; the folder's own go to *owner. */
static int fill(struct ocib_run_mounts *mounts, struct ocib_run_mount *cache, int folder,
                struct owner *owner, struct ocib_error **err)
{
    const struct ocib_log *log = mounts->step->build->env->log;
    OCIB_AUTO_FD int view = cache->layers ? ocib_run_mount_view(mounts, cache, err) : -1;
    if (cache->layers && view < 0) {
        return -1;
    }
    struct ocib_copy_source source = {.root_fd = view, .name = "the cache's from", .log = log};
    if (cache->input) {
        ocib_build_input_source(cache->input, log, &source);
    }
    struct ocib_copy_op op = {.dest = (char[]){"/"}};
    ocib_strings_take(&op.sources, ocib_run_mount_pattern(cache->mount->source));
    OCIB_AUTO(ocib_selection_cleanup)
    struct ocib_selection *selection = ocib_copy_select(&op, cache->mount->span, &source, err);
    struct ocib_copy_target target = {
        .root_fd = folder,
        .in_userns = ocib_sandbox_in_userns(mounts->step->build->env->sandbox),
    };
    int result = selection ? ocib_selection_copy(selection, &target, err) : -1;
    if (result == 0 && selection->picks.len) {
        const struct ocib_copy_entry *top = &selection->picks.items[0].top;
        bool root = source.is_context; /* whoever it belongs to on this machine */
        *owner = (struct owner){top->mode & 07777, root ? 0 : top->uid, root ? 0 : top->gid};
    }
    ocib_strings_release(&op.sources);
    return result;
}

/* A new cache is made aside, so that it is whole or not there. */
static int make(struct ocib_run_mounts *mounts, struct ocib_run_mount *cache, int dir_fd,
                const char *name, struct ocib_error **err)
{
    const struct ocib_mount *mount = cache->mount;
    struct stat st;
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        return 0;
    }
    OCIB_AUTO_FREE char *fresh = ocib_format("%s.new", name);
    if (ocib_remove_tree(dir_fd, fresh, err) < 0) {
        return -1;
    }
    if (mkdirat(dir_fd, fresh, 0700) < 0) {
        return failed(cache, err);
    }
    OCIB_AUTO_FD int folder = openat(dir_fd, fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return failed(cache, err);
    }
    const struct owner given = {mount->mode, mount->uid, mount->gid};
    struct owner owner = given;
    if ((cache->layers || cache->input) && fill(mounts, cache, folder, &owner, err) < 0) {
        return -1;
    }
    owner = mount->owned ? given : owner;
    if (fchown(folder, owner.uid, owner.gid) < 0 || fchmod(folder, owner.mode) < 0 ||
        renameat(dir_fd, fresh, dir_fd, name) < 0) {
        return failed(cache, err);
    }
    return 0;
}

/* 1: the lock is taken; 0: somebody else has it. */
static int try_lock(struct ocib_run_mounts *mounts, struct ocib_run_mount *cache, int dir_fd,
                    unsigned number, struct ocib_error **err)
{
    OCIB_AUTO_ERROR struct ocib_error *cause = NULL;
    OCIB_AUTO_FREE char *name = ocib_format("%u", number);
    OCIB_AUTO_FREE char *lock_name = ocib_format("%u.lock", number);
    bool shared = cache->mount->sharing == OCIB_SHARING_SHARED && !mounts->lent;
    OCIB_AUTO_FD int lock = ocib_lock_try(dir_fd, lock_name, true, &cause);
    if (lock >= 0) {
        if (make(mounts, cache, dir_fd, name, err) < 0) {
            return -1;
        }
        if (shared && ocib_lock_share(lock) < 0) {
            return failed(cache, err);
        }
    } else if (shared && !cause) {
        struct stat st;
        lock = ocib_lock_try(dir_fd, lock_name, false, &cause);
        if (lock >= 0 && fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
            return 0; /* its maker has failed: try again to be the maker */
        }
    }
    if (cause) {
        return ocib_error_move(err, ocib_steal(&cause));
    }
    if (lock < 0) {
        return 0;
    }
    cache->lock_fd = ocib_fd_steal(&lock);
    cache->fd = openat(dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return cache->fd < 0 ? failed(cache, err) : 1;
}

/* Two mounts of one cache in a step hold one lock, or the second would wait for the first. */
static const struct ocib_run_mount *same_cache(const struct ocib_run_mounts *mounts,
                                               const struct ocib_run_mount *cache)
{
    for (size_t i = 0; i < mounts->len; i++) {
        const struct ocib_run_mount *other = &mounts->items[i];
        if (other != cache && other->lock_fd >= 0 && ocib_digest_eq(&other->cache, &cache->cache)) {
            return other;
        }
    }
    return NULL;
}

static int wait_for_lock(struct ocib_run_mounts *mounts, struct ocib_run_mount *cache, int dir_fd,
                         struct ocib_error **err)
{
    bool private = cache->mount->sharing == OCIB_SHARING_PRIVATE;
    for (unsigned number = 0; number < PRIVATE_MAX; number += private) {
        int taken = try_lock(mounts, cache, dir_fd, number, err);
        if (taken) {
            return taken < 0 ? -1 : 0;
        }
        const struct timespec pause = {0, LOOK_AGAIN};
        if (ocib_build_check_interrupt(mounts->step->build, err) < 0) {
            return -1;
        }
        if (!private) {
            nanosleep(&pause, NULL);
        }
    }
    return ocib_error_set(err, OCIB_ESTORE, "the cache %s is in use %d times", cache->cache_path,
                          PRIVATE_MAX);
}

int ocib_run_cache_open(struct ocib_run_mounts *mounts, struct ocib_run_mount *cache,
                        struct ocib_error **err)
{
    const struct ocib_run_mount *same = same_cache(mounts, cache);
    if (same && mounts->lent) {
        return ocib_error_at(err, OCIB_ESANDBOX, cache->mount->span,
                             "a cache can't be in two places of a step in sandbox mode chroot");
    }
    if (same) {
        cache->fd = fcntl(same->fd, F_DUPFD_CLOEXEC, 0);
        return cache->fd < 0 ? failed(same, err) : 0;
    }
    const struct ocib_build_env *env = mounts->step->build->env;
    const char *form = ocib_sandbox_layers_form(env->sandbox);
    cache->cache_path =
        ocib_format("%s/ocib/cache-mounts%s%s/%s", ocib_store_root(env->store), form ? "-" : "",
                    form ? form : "", ocib_digest_hex(&cache->cache));
    if (ocib_mkdirs(cache->cache_path, 0700, err) < 0) {
        return -1;
    }
    OCIB_AUTO_FD int dir = open(cache->cache_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir < 0 ? failed(cache, err) : wait_for_lock(mounts, cache, dir, err);
}
