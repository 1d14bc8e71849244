#include "build/copied.h"

#include "base/mem.h"
#include "rootfs/aside.h"
#include "rootfs/layer.h"
#include "rootfs/snapshot.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- which kind ------------------------------------------------------------------------------- */

/* Whether overlays work here: in this process, and where the store is. */
static int try_overlay(struct ocib_build *build, struct ocib_error **err)
{
    OCIB_AUTO(ocib_work_release) struct ocib_work work = {.fd = -1, .lock_fd = -1};
    const struct ocib_strings none = {0};
    if (ocib_store_work_new(build->env->store, &work, err) < 0) {
        return -1;
    }
    const struct ocib_snapshot_options options = {
        .lowers = &none,
        .work_fd = work.fd,
        .work_path = work.path,
        .userxattr = ocib_sandbox_in_userns(build->env->sandbox),
    };
    OCIB_AUTO(ocib_snapshot_cleanup)
    struct ocib_snapshot *snapshot = ocib_snapshot_open(&options, err);
    return snapshot ? ocib_snapshot_close(snapshot, err) : -1;
}

static int choose(struct ocib_build *build, struct ocib_error **err)
{
    OCIB_AUTO_ERROR struct ocib_error *why = NULL;
    build->storage = build->env->storage;
    if (ocib_sandbox_mode(build->env->sandbox) == OCIB_SANDBOX_CHROOT) {
        build->storage = OCIB_STORAGE_COPY; /* a step can only be put into a tree of its own */
    }
    if (build->storage != OCIB_STORAGE_AUTO || try_overlay(build, &why) == 0) {
        build->storage = build->storage ? build->storage : OCIB_STORAGE_OVERLAY;
        return 0;
    }
    if (ocib_error_code(why) != OCIB_ESANDBOX) {
        return ocib_error_move(err, ocib_steal(&why));
    }
    ocib_log(build->env->log, OCIB_LOG_WARNING,
             "each stage works on a copy of its base image, which takes time and room: %s",
             ocib_error_message(why));
    build->storage = OCIB_STORAGE_COPY;
    return 0;
}

int ocib_build_copies(struct ocib_build *build, bool *copies, struct ocib_error **err)
{
    if (build->storage == OCIB_STORAGE_AUTO && choose(build, err) < 0) {
        return -1;
    }
    *copies = build->storage == OCIB_STORAGE_COPY;
    return 0;
}

/* --- trees in the store ----------------------------------------------------------------------- */

/* Trees are no layers: another form of the same chain ID, so another key. */
static struct ocib_digest tree_key(const struct ocib_digest *chain)
{
    struct ocib_digest key;
    OCIB_AUTO(ocib_hasher_cleanup) struct ocib_hasher *hasher = ocib_hasher_new();
    ocib_hasher_field(hasher, OCIB_STR("ocib tree 1"));
    ocib_hasher_field(hasher, ocib_str(chain->text));
    ocib_hasher_final(hasher, &key);
    return key;
}

static int open_folder(int dir_fd, const char *path, struct ocib_error **err)
{
    int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? ocib_error_set_errno(err, OCIB_ESTORE, "can't open folder %s", path) : fd;
}

static int make_folder(const struct ocib_work *work, const char *name, struct ocib_error **err)
{
    if (mkdirat(work->fd, name, 0755) < 0 || fchmodat(work->fd, name, 0755, 0) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't make folder %s/%s", work->path, name);
    }
    return open_folder(work->fd, name, err);
}

/* The longest beginning of the layers that the store has the tree of: opened, or -1 if there is
 * none. *count: its layers. */
static int open_nearest(struct ocib_build *build, const struct ocib_layers *layers, size_t *count)
{
    for (size_t n = layers->len; n > 0; n--) {
        struct ocib_digest key = tree_key(&layers->items[n - 1].chain);
        OCIB_AUTO_FREE char *path = ocib_store_layer_path(build->env->store, &key);
        int fd = path ? open_folder(AT_FDCWD, path, NULL) : -1;
        if (fd >= 0) {
            *count = n;
            return fd;
        }
    }
    *count = 0;
    return -1;
}

static int apply_layers(struct ocib_build *build, const struct ocib_layers *layers, size_t from,
                        int tree_fd, struct ocib_error **err)
{
    for (size_t i = from; i < layers->len; i++) {
        if (ocib_build_check_interrupt(build, err) < 0 ||
            ocib_build_apply(build, &layers->items[i], tree_fd, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Makes the tree of layers from the nearest one that is there. */
static int make_tree(struct ocib_build *build, const struct ocib_layers *layers,
                     const struct ocib_digest *key, struct ocib_error **err)
{
    OCIB_AUTO(ocib_work_release) struct ocib_work work = {.fd = -1, .lock_fd = -1};
    size_t have;
    if (ocib_store_work_new(build->env->store, &work, err) < 0) {
        return -1;
    }
    OCIB_AUTO_FD int tree = make_folder(&work, "tree", err);
    OCIB_AUTO_FD int nearest = open_nearest(build, layers, &have);
    if (tree < 0 || (nearest >= 0 && ocib_tree_clone(nearest, tree, 0, err) < 0) ||
        apply_layers(build, layers, have, tree, err) < 0) {
        return -1;
    }
    return ocib_store_layer_commit(build->env->store, key, &work, "tree", err);
}

/* The store's tree of these layers, made if it is not there. Not for none. */
static int open_tree(struct ocib_build *build, const struct ocib_layers *layers,
                     struct ocib_error **err)
{
    size_t have;
    struct ocib_digest key = tree_key(&layers->items[layers->len - 1].chain);
    OCIB_AUTO_FD int lock = -1;
    OCIB_AUTO_FD int fd = open_nearest(build, layers, &have);
    if (have == layers->len) {
        return ocib_fd_steal(&fd);
    }
    lock = ocib_store_layer_lock(build->env->store, &key, err);
    ocib_fd_cleanup(&fd);
    fd = lock < 0 ? -1 : open_nearest(build, layers, &have); /* another process was faster */
    if (lock < 0 || (have < layers->len && make_tree(build, layers, &key, err) < 0)) {
        return -1;
    }
    OCIB_AUTO_FREE char *path = ocib_store_layer_path(build->env->store, &key);
    return path ? open_folder(AT_FDCWD, path, err)
                : ocib_error_set(err, OCIB_ESTORE, "the tree of an image is gone");
}

/* --- working copies --------------------------------------------------------------------------- */

void ocib_copied_free(struct ocib_copied *copied)
{
    if (copied) {
        ocib_worktree_free(copied->tree);
        ocib_work_release(&copied->work);
        free(copied);
    }
}

/* Takes pristine_fd. */
static struct ocib_copied *new_copy(struct ocib_build *build, int pristine_fd,
                                    struct ocib_error **err)
{
    OCIB_AUTO_FD int pristine = pristine_fd;
    OCIB_AUTO(ocib_copied_cleanup) struct ocib_copied *copied = ocib_new(struct ocib_copied);
    copied->work.fd = copied->work.lock_fd = -1;
    if (ocib_store_work_new(build->env->store, &copied->work, err) < 0) {
        return NULL;
    }
    OCIB_AUTO_FD int folder = make_folder(&copied->work, "tree", err);
    OCIB_AUTO_FD int marker =
        openat(copied->work.fd, "marker", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (folder < 0 || marker < 0) {
        ocib_error_set_errno(err, OCIB_ESTORE, "can't make files in %s", copied->work.path);
        return NULL;
    }
    const struct ocib_worktree_options options = {
        .folder_fd = ocib_fd_steal(&folder),
        .pristine_fd = ocib_fd_steal(&pristine),
        .marker_fd = ocib_fd_steal(&marker),
        .no_devices = ocib_sandbox_mode(build->env->sandbox) == OCIB_SANDBOX_CHROOT,
        .log = build->env->log,
    };
    copied->tree = ocib_worktree_new(&options, err);
    return copied->tree ? ocib_steal(&copied) : NULL;
}

struct ocib_copied *ocib_copied_empty(struct ocib_build *build, struct ocib_error **err)
{
    return new_copy(build, -1, err);
}

/* What a stage's copy begins as: the nearest tree, at least that of its base. -1 with *failed
 * unset: nothing. */
static int open_pristine(struct ocib_build *build, const struct ocib_stage_state *state,
                         size_t *count, bool *failed, struct ocib_error **err)
{
    struct ocib_layers base = state->layers; /* a part of it, borrowed */
    base.len = state->base_layers;
    *failed = false;
    int fd = open_nearest(build, &state->layers, count);
    if (base.len == 0 || *count >= base.len) {
        return fd;
    }
    ocib_fd_cleanup(&fd);
    *count = base.len;
    fd = open_tree(build, &base, err);
    *failed = fd < 0;
    return fd;
}

/* How many of the layers the copy holds; SIZE_MAX: it is of other ones. */
static size_t layers_in(const struct ocib_copied *copied, const struct ocib_layers *layers)
{
    if (!ocib_digest_is_set(&copied->chain)) {
        return 0;
    }
    for (size_t i = layers->len; i > 0; i--) {
        if (ocib_digest_eq(&layers->items[i - 1].chain, &copied->chain)) {
            return i;
        }
    }
    return SIZE_MAX;
}

static int start_copy(struct ocib_build *build, struct ocib_stage_state *state,
                      struct ocib_error **err)
{
    size_t have = 0;
    bool failed;
    OCIB_AUTO_FD int pristine = open_pristine(build, state, &have, &failed, err);
    if (failed) {
        return -1;
    }
    state->copied = new_copy(build, ocib_fd_steal(&pristine), err);
    if (state->copied && have) {
        state->copied->chain = state->layers.items[have - 1].chain;
    }
    return state->copied ? 0 : -1;
}

struct ocib_copied *ocib_copied_of_stage(struct ocib_build *build, struct ocib_stage_state *state,
                                         struct ocib_error **err)
{
    if (!state->copied && start_copy(build, state, err) < 0) {
        return NULL;
    }
    struct ocib_copied *copied = state->copied;
    size_t have = layers_in(copied, &state->layers);
    if (have == state->layers.len) {
        return copied;
    }
    if (have == SIZE_MAX) {
        ocib_error_set(err, OCIB_EINTERNAL, "a stage's copy is not of its layers");
        return NULL;
    }
    if (apply_layers(build, &state->layers, have, ocib_worktree_fd(copied->tree), err) < 0 ||
        ocib_worktree_refresh(copied->tree, err) < 0) {
        return NULL;
    }
    copied->chain = ocib_layers_chain(&state->layers);
    return copied;
}

int ocib_copied_apply(struct ocib_copied *copied, struct ocib_layer_step *step,
                      struct ocib_error **err)
{
    int root_fd = ocib_worktree_fd(copied->tree);
    OCIB_AUTO_FREE char *name = ocib_format("aside-%u", step->info->id);
    OCIB_AUTO_FD int stash = make_folder(&copied->work, name, err);
    if (stash < 0 || ocib_worktree_settle(copied->tree, err) < 0) {
        return -1;
    }
    OCIB_AUTO(ocib_aside_cleanup) struct ocib_aside *aside = ocib_aside_new(root_fd, stash);
    if (ocib_aside_put(aside, step->provided, step->provided_count, err) < 0 ||
        step->apply(step, root_fd, err) < 0) {
        return -1;
    }
    return ocib_aside_take(aside, err);
}

int ocib_copied_view(struct ocib_build *build, const struct ocib_layers *layers,
                     struct ocib_work *work, struct ocib_error **err)
{
    if (ocib_store_work_new(build->env->store, work, err) < 0) {
        return -1;
    }
    if (layers->len == 0) {
        return make_folder(work, "empty", err);
    }
    return open_tree(build, layers, err);
}
