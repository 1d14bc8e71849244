#include "build/run_mounts.h"

#include "base/mem.h"
#include "build/agent_socket.h"
#include "build/copied.h"
#include "build/copy_selection.h"
#include "sys/fd.h"
#include "sys/mount.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const struct ocib_run_mount *item, const char *what, struct ocib_error **err)
{
    ocib_error_set_errno(err, OCIB_ESANDBOX, "can't %s for the mount on %s", what, item->target);
    return ocib_error_place_at(err, item->mount->span);
}

/* --- what they name --------------------------------------------------------------------------- */

char *ocib_run_mount_pattern(const char *source)
{
    struct ocib_buf out = {0};
    ocib_buf_init(&out);
    for (const char *at = source + 1; *at; at++) {
        if (strchr("*?[\\", *at)) {
            ocib_buf_putc(&out, '\\');
        }
        ocib_buf_putc(&out, *at);
    }
    if (out.len == 0) {
        ocib_buf_putc(&out, '.');
    }
    return ocib_buf_take(&out);
}

static int open_context(struct ocib_run_mounts *mounts, struct ocib_run_mount *item,
                        struct ocib_error **err)
{
    struct ocib_copy_source source;
    ocib_build_input_source(item->input, mounts->step->build->env->log, &source);
    ocib_strings_take(&item->copy.sources, ocib_run_mount_pattern(item->mount->source));
    item->selection = ocib_copy_select(&item->copy, item->mount->span, &source, err);
    if (!item->selection) {
        return -1;
    }
    const struct ocib_copy_picks *picks = &item->selection->picks;
    item->folder = picks->len == 1 && S_ISDIR(picks->items[0].top.mode);
    item->copy.dest = ocib_strdup(item->folder ? "/tree/" : "/tree");
    return picks->len == 1 ? 0
                           : ocib_error_at(err, OCIB_EDOCKERFILE, item->mount->span,
                                           "%s names more than one file", item->mount->source);
}

static int open_from(struct ocib_run_mounts *mounts, struct ocib_run_mount *item,
                     struct ocib_error **err)
{
    struct ocib_build *build = mounts->step->build;
    const struct ocib_mount *mount = item->mount;
    switch (mount->from) {
    case OCIB_FROM_STAGE:
        item->layers = &build->stages[mount->from_stage].layers;
        return 0;
    case OCIB_FROM_IMAGE:
        if (ocib_build_image(build, mounts->step->state->stage->index, mount->from_image,
                             mount->from_span, &item->image, err) < 0) {
            return -1;
        }
        item->layers = &item->image.layers;
        return 0;
    case OCIB_FROM_NAMED:
        if (ocib_build_named_input(build, mount->from_context, &item->input, err) < 0) {
            return ocib_error_place_at(err, mount->from_span);
        }
        break;
    case OCIB_FROM_CONTEXT:
        item->input = mount->kind == OCIB_MOUNT_BIND ? build->input : NULL;
        break;
    }
    return mount->kind == OCIB_MOUNT_BIND ? open_context(mounts, item, err) : 0;
}

static struct ocib_run_mount *add_item(struct ocib_run_mounts *mounts,
                                       const struct ocib_mount *mount)
{
    struct ocib_run_mount *item = ocib_vec_add(mounts);
    item->mount = mount;
    item->target = mount->target;
    item->fd = -1;
    item->lock_fd = -1;
    item->lent_fd = -1;
    item->work.fd = -1;
    item->work.lock_fd = -1;
    item->folder = true;
    return item;
}

int ocib_run_mounts_open(struct ocib_run_mounts *mounts, struct ocib_layer_step *step,
                         struct ocib_error **err)
{
    const struct ocib_run_op *run = &step->op->run;
    mounts->step = step;
    mounts->lent = ocib_sandbox_mode(step->build->env->sandbox) == OCIB_SANDBOX_CHROOT;
    for (size_t i = 0; i < run->mounts.len; i++) {
        struct ocib_run_mount *item = add_item(mounts, &run->mounts.items[i]);
        bool tree = item->mount->kind == OCIB_MOUNT_BIND || item->mount->kind == OCIB_MOUNT_CACHE;
        if (tree && open_from(mounts, item, err) < 0) {
            return -1;
        }
        if (item->mount->kind == OCIB_MOUNT_CACHE) {
            ocib_run_cache_digest(item, &item->cache);
        }
    }
    return 0;
}

void ocib_run_mounts_release(struct ocib_run_mounts *mounts)
{
    for (size_t i = 0; i < mounts->len; i++) {
        struct ocib_run_mount *item = &mounts->items[i];
        ocib_fd_cleanup(&item->fd);
        ocib_fd_cleanup(&item->lent_fd);
        ocib_agent_socket_stop(item->agent);
        ocib_tree_source_release(&item->image);
        ocib_selection_free(item->selection);
        ocib_strings_release(&item->copy.sources);
        free(item->copy.dest);
        ocib_snapshot_free(item->snapshot);
        ocib_work_release(&item->work);
        free(item->cache_path);
        ocib_fd_cleanup(&item->lock_fd);
    }
    ocib_vec_release(mounts);
    ocib_vec_release(&mounts->made);
}

/* --- the key ---------------------------------------------------------------------------------- */

static int hash_mount(struct ocib_run_mount *item, struct ocib_cache_key *key,
                      struct ocib_error **err)
{
    const struct ocib_mount *mount = item->mount;
    const struct ocib_layers *layers = item->layers;
    struct ocib_digest chain = {0};
    if (layers) {
        chain = ocib_layers_chain(layers);
    }
    ocib_cache_key_number(key, mount->kind);
    ocib_cache_key_text(key, mount->target);
    ocib_cache_key_number(key, mount->read_only);
    ocib_cache_key_text(key, mount->id);
    ocib_cache_key_text(key, mount->env);
    ocib_cache_key_text(key, layers ? chain.text : NULL);
    ocib_cache_key_text(key, layers ? mount->source : NULL);
    ocib_cache_key_number(key, mount->mode);
    ocib_cache_key_number(key, mount->uid);
    ocib_cache_key_number(key, mount->gid);
    ocib_cache_key_number(key, (int64_t)mount->size);
    return item->selection ? ocib_selection_hash(item->selection, key->hasher, err) : 0;
}

int ocib_run_mounts_hash(struct ocib_run_mounts *mounts, struct ocib_cache_key *key,
                         struct ocib_error **err)
{
    for (size_t i = 0; i < mounts->len; i++) {
        ocib_cache_key_text(key, "mount");
        if (hash_mount(&mounts->items[i], key, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* --- file systems ----------------------------------------------------------------------------- */

static int need_work(struct ocib_run_mounts *mounts, struct ocib_run_mount *item,
                     struct ocib_error **err)
{
    return item->work.path ? 0
                           : ocib_store_work_new(mounts->step->build->env->store, &item->work, err);
}

/*
 * A copy of a mount's part. Kernels before 6.15 copy attached mounts only: there, and where
 * `attach` says so, the mount is put on a folder of the work folder for that moment.
 */
static int clone_attached(struct ocib_run_mount *item, int mount_fd, const char *source)
{
    OCIB_AUTO_FREE char *path = ocib_path_join(item->work.path, "at");
    if (mkdirat(item->work.fd, "at", 0700) < 0 && errno != EEXIST) {
        return -1;
    }
    OCIB_AUTO_FD int point = openat(item->work.fd, "at", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (point < 0 || ocib_mount_attach(mount_fd, point) < 0) {
        return -1;
    }
    OCIB_AUTO_FD int part = ocib_open_in_root(mount_fd, source, O_PATH, 0);
    int clone = part < 0 ? -1 : ocib_mount_clone(part, "", true);
    int reason = errno;
    if (ocib_mount_remove(path) < 0) {
        ocib_fd_cleanup(&clone);
        return -1;
    }
    errno = reason;
    return clone;
}

static int no_source(const struct ocib_run_mount *item, struct ocib_error **err)
{
    ocib_error_set_errno(err, OCIB_EDOCKERFILE, "can't find %s in what the mount is from",
                         item->mount->source);
    return ocib_error_place_at(err, item->mount->span);
}

static int take_part(struct ocib_run_mount *item, int tree_fd, const char *source,
                     struct ocib_error **err)
{
    struct stat st;
    OCIB_AUTO_FD int part = ocib_open_in_root(tree_fd, source, O_PATH, 0);
    if (part < 0 || fstat(part, &st) < 0) {
        return no_source(item, err);
    }
    item->folder = S_ISDIR(st.st_mode);
    item->fd = ocib_mount_clone(part, "", true);
    if (item->fd < 0 && errno == EINVAL) {
        item->fd = clone_attached(item, tree_fd, source);
    }
    return item->fd < 0 ? fail(item, "copy a mount", err) : 0;
}

int ocib_run_mount_view(struct ocib_run_mounts *mounts, struct ocib_run_mount *item,
                        struct ocib_error **err)
{
    return ocib_build_view(mounts->step->build, item->layers, &item->work, err);
}

/* A copy of what the mount names, in the work folder as "tree". */
static int copy_part(struct ocib_run_mounts *mounts, struct ocib_run_mount *item,
                     struct ocib_error **err)
{
    OCIB_AUTO_FD int view = ocib_run_mount_view(mounts, item, err);
    struct stat st;
    OCIB_AUTO_FD int part = view < 0 ? -1 : ocib_open_in_root(view, item->mount->source, O_PATH, 0);
    if (view < 0 || part < 0 || fstat(part, &st) < 0) {
        return view < 0 ? -1 : no_source(item, err);
    }
    item->folder = S_ISDIR(st.st_mode);
    OCIB_AUTO_FREE char *dest = ocib_strdup(item->folder ? "/tree/" : "/tree");
    struct ocib_copy_source source = {
        .root_fd = view, .name = "what the mount is from", .log = mounts->step->build->env->log};
    struct ocib_copy_op op = {.dest = dest};
    struct ocib_copy_target target = {
        .root_fd = item->work.fd,
        .in_userns = ocib_sandbox_in_userns(mounts->step->build->env->sandbox),
    };
    if (item->folder &&
        (mkdirat(item->work.fd, "tree", 0700) < 0 ||
         fchownat(item->work.fd, "tree", st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
         fchmodat(item->work.fd, "tree", st.st_mode & 07777, 0) < 0)) {
        return fail(item, "make a folder", err);
    }
    ocib_strings_take(&op.sources, ocib_run_mount_pattern(item->mount->source));
    OCIB_AUTO(ocib_selection_cleanup)
    struct ocib_selection *selection = ocib_copy_select(&op, item->mount->span, &source, err);
    int copied = selection ? ocib_selection_copy(selection, &target, err) : -1;
    ocib_strings_release(&op.sources);
    return copied;
}

/* A tree above the layers whose changes go with the work folder. */
static int open_writable(struct ocib_run_mounts *mounts, struct ocib_run_mount *item,
                         struct ocib_error **err)
{
    struct ocib_build *build = mounts->step->build;
    OCIB_AUTO_STRINGS struct ocib_strings lowers = {0};
    bool copies;
    if (ocib_build_copies(build, &copies, err) < 0 ||
        (copies && copy_part(mounts, item, err) < 0)) {
        return -1;
    }
    if (copies) {
        return take_part(item, item->work.fd, "/tree", err);
    }
    if (ocib_build_unpack(build, item->layers, &lowers, err) < 0 ||
        need_work(mounts, item, err) < 0) {
        return -1;
    }
    struct ocib_snapshot_options options = {
        .lowers = &lowers,
        .work_fd = item->work.fd,
        .work_path = item->work.path,
        .userxattr = ocib_sandbox_in_userns(build->env->sandbox),
    };
    item->snapshot = ocib_snapshot_open(&options, err);
    return item->snapshot
               ? take_part(item, ocib_snapshot_fd(item->snapshot), item->mount->source, err)
               : -1;
}

static int make_from(struct ocib_run_mounts *mounts, struct ocib_run_mount *item,
                     struct ocib_error **err)
{
    if (mounts->lent) {
        return copy_part(mounts, item, err);
    }
    if (!item->mount->read_only) {
        return open_writable(mounts, item, err);
    }
    OCIB_AUTO_FD int view = ocib_run_mount_view(mounts, item, err);
    return view < 0 ? -1 : take_part(item, view, item->mount->source, err);
}

/* What the ignore file leaves of the context, owned by 0:0 as in Docker, is a copy of it. */
static int make_context(struct ocib_run_mounts *mounts, struct ocib_run_mount *item,
                        struct ocib_error **err)
{
    if (need_work(mounts, item, err) < 0) {
        return -1;
    }
    mode_t mode = item->selection->picks.items[0].top.mode & 07777;
    struct ocib_copy_target target = {
        .root_fd = item->work.fd,
        .in_userns = ocib_sandbox_in_userns(mounts->step->build->env->sandbox),
    };
    if (item->folder && mkdirat(item->work.fd, "tree", 0700) < 0) {
        return fail(item, "make a folder", err);
    }
    if (ocib_selection_copy(item->selection, &target, err) < 0) {
        return -1;
    }
    if (item->folder && fchmodat(item->work.fd, "tree", mode, 0) < 0) {
        return fail(item, "make a folder", err);
    }
    return mounts->lent ? 0 : take_part(item, item->work.fd, "/tree", err);
}

/* --- files ------------------------------------------------------------------------------------ */

/* A new file system with one file. */
static int new_file(const struct ocib_mount *mount, const char *name, struct ocib_str content)
{
    static const char *const options[] = {"mode=755", NULL};
    OCIB_AUTO_FD int fs = ocib_mount_new("tmpfs", options, OCIB_MOUNT_NOSUID | OCIB_MOUNT_NODEV);
    if (fs < 0) {
        return -1;
    }
    OCIB_AUTO_FD int file =
        openat(fs, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0 || ocib_fd_write_all(file, content.s, content.len) < 0 ||
        fchown(file, mount->uid, mount->gid) < 0 || fchmod(file, mount->mode) < 0) {
        return -1;
    }
    return ocib_fd_steal(&fs);
}

static const struct ocib_secret *find_secret(const struct ocib_run_mounts *mounts,
                                             const struct ocib_mount *mount)
{
    const struct ocib_secrets *secrets = mounts->step->build->request->secrets;
    for (size_t i = secrets ? secrets->len : 0; i-- > 0;) {
        if (strcmp(secrets->items[i].id, mount->id) == 0) {
            return &secrets->items[i];
        }
    }
    return NULL;
}

struct ocib_str ocib_run_mount_secret(const struct ocib_run_mounts *mounts,
                                      const struct ocib_mount *mount)
{
    return ocib_buf_str(&find_secret(mounts, mount)->value);
}

static int make_secret(struct ocib_run_mounts *mounts, struct ocib_run_mount *item,
                       struct ocib_error **err)
{
    const struct ocib_mount *mount = item->mount;
    const struct ocib_secret *secret = find_secret(mounts, mount);
    if (!secret) {
        item->target = NULL;
        if (!mount->required) {
            return 0;
        }
        ocib_error_at(err, OCIB_EUSAGE, mount->span,
                      "the step needs the secret %s, which was not "
                      "given",
                      mount->id);
        return ocib_error_hint_set(err, "give it with --secret id=%s,src=FILE", mount->id);
    }
    if (!item->target) {
        return 0; /* a variable only */
    }
    item->folder = false;
    if (mounts->lent) {
        return 0;
    }
    OCIB_AUTO_FD int fs = new_file(mount, "secret", ocib_buf_str(&secret->value));
    if (fs < 0) {
        return fail(item, "make a secret's file", err);
    }
    if (need_work(mounts, item, err) < 0) {
        return -1;
    }
    item->fd = clone_attached(item, fs, "/secret");
    return item->fd < 0 ? fail(item, "mount a secret's file", err) : 0;
}

static const char *find_agent(const struct ocib_run_mounts *mounts, const struct ocib_mount *mount)
{
    const struct ocib_strings *agents = mounts->step->build->request->agents;
    return agents ? ocib_env_get(agents, mount->id) : NULL;
}

/* A new file system with a socket that leads to the agent. */
static int new_socket(struct ocib_run_mount *item, const char *agent)
{
    static const char *const options[] = {"mode=755", NULL};
    const struct ocib_mount *mount = item->mount;
    OCIB_AUTO_FD int fs = ocib_mount_new("tmpfs", options, OCIB_MOUNT_NOSUID | OCIB_MOUNT_NODEV);
    if (fs < 0) {
        return -1;
    }
    const struct ocib_agent_socket_options how = {
        .folder_fd = fs,
        .name = "agent",
        .agent = agent,
        .uid = mount->uid,
        .gid = mount->gid,
        .mode = mount->mode,
    };
    item->agent = ocib_agent_socket_start(&how);
    return item->agent ? clone_attached(item, fs, "/agent") : -1;
}

static int make_ssh(struct ocib_run_mounts *mounts, struct ocib_run_mount *item,
                    struct ocib_error **err)
{
    const struct ocib_mount *mount = item->mount;
    const char *path = find_agent(mounts, mount);
    if (!path) {
        item->target = NULL;
        if (!mount->required) {
            return 0;
        }
        ocib_error_at(err, OCIB_EUSAGE, mount->span,
                      "the step needs the SSH agent %s, which was not given", mount->id);
        return ocib_error_hint_set(err, "give it with --ssh %s", mount->id);
    }
    if (mounts->lent) {
        ocib_error_at(err, OCIB_ESANDBOX, mount->span,
                      "an SSH agent can't be given to steps in sandbox mode chroot");
        return ocib_error_hint_set(err,
                                   "fetch in another way, or build where steps can have mounts: "
                                   "see ocib doctor");
    }
    item->folder = false;
    if (need_work(mounts, item, err) < 0) {
        return -1;
    }
    item->fd = new_socket(item, path);
    return item->fd < 0 ? fail(item, "make the agent's socket", err) : 0;
}

static int add_script(struct ocib_run_mounts *mounts, struct ocib_error **err)
{
    const struct ocib_run_op *run = &mounts->step->op->run;
    if (!run->script) {
        return 0;
    }
    mounts->script = (struct ocib_mount){
        .kind = OCIB_MOUNT_BIND, .span = mounts->step->op->span, .read_only = true, .mode = 0755};
    struct ocib_run_mount *item = add_item(mounts, &mounts->script);
    item->target = OCIB_SCRIPT_FOLDER;
    if (mounts->lent) {
        return 0;
    }
    item->fd = new_file(item->mount, strrchr(run->script_path, '/') + 1, ocib_str(run->script));
    return item->fd < 0 ? fail(item, "make a script", err) : 0;
}

/* --- all of them ------------------------------------------------------------------------------ */

static int make_one(struct ocib_run_mounts *mounts, struct ocib_run_mount *item,
                    struct ocib_error **err)
{
    switch (item->mount->kind) {
    case OCIB_MOUNT_BIND:
        return item->layers ? make_from(mounts, item, err) : make_context(mounts, item, err);
    case OCIB_MOUNT_SECRET:
        return make_secret(mounts, item, err);
    case OCIB_MOUNT_SSH:
        return make_ssh(mounts, item, err);
    case OCIB_MOUNT_CACHE: /* by take_caches() */
    case OCIB_MOUNT_TMPFS: /* looks at the tree */
        break;
    }
    return 0;
}

/* The cache that comes after `last` in the order of what they are known by, or NULL. */
static struct ocib_run_mount *next_cache(struct ocib_run_mounts *mounts, const char *last)
{
    struct ocib_run_mount *next = NULL;
    for (size_t i = 0; i < mounts->len; i++) {
        struct ocib_run_mount *item = &mounts->items[i];
        bool open = item->mount->kind == OCIB_MOUNT_CACHE && item->fd < 0 &&
                    strcmp(item->cache.text, last) >= 0;
        if (open && (!next || strcmp(item->cache.text, next->cache.text) < 0)) {
            next = item;
        }
    }
    return next;
}

/* Always in the same order, so that no two steps wait for each other. */
static int take_caches(struct ocib_run_mounts *mounts, struct ocib_error **err)
{
    struct ocib_run_mount *cache = next_cache(mounts, "");
    for (; cache; cache = next_cache(mounts, cache->cache.text)) {
        if (ocib_run_cache_open(mounts, cache, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The folders of caches become mounts when all are open. */
static int mount_caches(struct ocib_run_mounts *mounts, struct ocib_error **err)
{
    for (size_t i = 0; i < mounts->len; i++) {
        struct ocib_run_mount *item = &mounts->items[i];
        if (item->mount->kind != OCIB_MOUNT_CACHE) {
            continue;
        }
        OCIB_AUTO_FD int folder = ocib_fd_steal(&item->fd);
        item->fd = ocib_mount_clone(folder, "", true);
        if (item->fd < 0) {
            return fail(item, "take the cache", err);
        }
    }
    return 0;
}

int ocib_run_mounts_prepare(struct ocib_run_mounts *mounts, struct ocib_error **err)
{
    for (size_t i = 0; i < mounts->len; i++) {
        if (make_one(mounts, &mounts->items[i], err) < 0) {
            return -1;
        }
    }
    if (add_script(mounts, err) < 0 || take_caches(mounts, err) < 0) {
        return -1;
    }
    return mounts->lent ? 0 : mount_caches(mounts, err);
}

void ocib_run_mounts_provide(const struct ocib_run_mounts *mounts, struct ocib_provided *list,
                             size_t *count)
{
    for (size_t i = 0; i < mounts->len; i++) {
        const struct ocib_run_mount *item = &mounts->items[i];
        if (item->target && item->mount != &mounts->script) {
            /* A tmpfs has the mode of the folder that it covers, as runc makes it; of its own
             * where there is none. */
            mode_t mode = item->mount->kind == OCIB_MOUNT_TMPFS ? 01777
                          : item->folder                        ? 0755
                                                                : 0644;
            list[(*count)++] = (struct ocib_provided){
                .path = item->target, .follow = true, .is_dir = item->folder, .mode = mode};
        }
    }
}

/* --- in the step's tree ----------------------------------------------------------------------- */

static int make_tmpfs(struct ocib_run_mount *item, int root_fd, struct ocib_error **err)
{
    struct stat st = {.st_mode = 0755};
    OCIB_AUTO_FD int covered = ocib_open_in_root(root_fd, item->target, O_PATH, 0);
    if (covered >= 0 && fstat(covered, &st) < 0) {
        return fail(item, "look at the folder", err);
    }
    OCIB_AUTO_FREE char *mode = ocib_format("mode=%o", (unsigned)(st.st_mode & 07777));
    OCIB_AUTO_FREE char *size = ocib_format("size=%llu", (unsigned long long)item->mount->size);
    const char *const options[] = {mode, item->mount->size ? size : NULL, NULL};
    item->fd = ocib_mount_new("tmpfs", options, OCIB_MOUNT_NOSUID | OCIB_MOUNT_NODEV);
    return item->fd < 0 ? fail(item, "make a tmpfs", err) : 0;
}

static int restrict_mount(const struct ocib_run_mount *item, struct ocib_error **err)
{
    unsigned attributes = OCIB_MOUNT_NODEV;
    attributes |= item->mount->read_only ? OCIB_MOUNT_RDONLY : 0;
    attributes |=
        item->mount->kind == OCIB_MOUNT_SECRET ? OCIB_MOUNT_NOSUID | OCIB_MOUNT_NOEXEC : 0;
    return ocib_mount_restrict(item->fd, attributes, true) < 0 ? fail(item, "set attributes", err)
                                                               : 0;
}

static int by_target(const void *a, const void *b)
{
    const struct ocib_step_mount *left = a;
    const struct ocib_step_mount *right = b;
    return strcmp(left->target, right->target);
}

int ocib_run_mounts_finish(struct ocib_run_mounts *mounts, int root_fd, struct ocib_error **err)
{
    for (size_t i = 0; i < mounts->len && !mounts->lent; i++) {
        struct ocib_run_mount *item = &mounts->items[i];
        if (!item->target) {
            continue;
        }
        if (item->mount->kind == OCIB_MOUNT_TMPFS && make_tmpfs(item, root_fd, err) < 0) {
            return -1;
        }
        if (restrict_mount(item, err) < 0) {
            return -1;
        }
        ocib_vec_push(&mounts->made, ((struct ocib_step_mount){item->fd, item->target}));
    }
    if (mounts->made.len) {
        qsort(mounts->made.items, mounts->made.len, sizeof(*mounts->made.items), by_target);
    }
    return mounts->lent ? ocib_run_mounts_lend(mounts, root_fd, err) : 0;
}

void ocib_run_mounts_end(struct ocib_run_mounts *mounts)
{
    for (size_t i = 0; i < mounts->len; i++) {
        ocib_agent_socket_stop(mounts->items[i].agent);
        mounts->items[i].agent = NULL;
    }
}

int ocib_run_mounts_env(const struct ocib_run_mounts *mounts, struct ocib_strings *env,
                        struct ocib_error **err)
{
    for (size_t i = 0; i < mounts->len; i++) {
        const struct ocib_mount *mount = mounts->items[i].mount;
        if (mount->kind == OCIB_MOUNT_SSH && mounts->items[i].target &&
            !ocib_env_get(env, "SSH_AUTH_SOCK")) {
            ocib_env_set(env, "SSH_AUTH_SOCK", mount->target);
        }
        if (mount->kind != OCIB_MOUNT_SECRET || !mount->env) {
            continue;
        }
        const struct ocib_secret *secret = find_secret(mounts, mount);
        if (!secret) {
            ocib_env_set(env, mount->env, ""); /* as Docker: of one that wasn't given, empty */
            continue;
        }
        if (ocib_str_find(ocib_buf_str(&secret->value), '\0') >= 0) {
            return ocib_error_at(err, OCIB_EINPUT, mount->span,
                                 "the secret %s has a zero byte, which no variable can hold",
                                 mount->id);
        }
        ocib_env_set(env, mount->env, secret->value.data ? secret->value.data : "");
    }
    return 0;
}
