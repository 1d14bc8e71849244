#include "build/step.h"

#include "base/mem.h"
#include "build/copied.h"
#include "build/guard.h"
#include "io/compress.h"
#include "rootfs/layer.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

static int64_t now_or_epoch(const struct ocib_build_request *request)
{
    int64_t now = (int64_t)time(NULL);
    return request->has_epoch && request->epoch < now ? request->epoch : now;
}

/* All that decides the layer's plain bytes. How they are packed is no part of it. */
static int make_key(struct ocib_layer_step *step, struct ocib_digest *out, struct ocib_error **err)
{
    const struct ocib_build_request *request = step->build->request;
    struct ocib_digest parent = {0};
    struct ocib_cache_key key;
    if (!step->any_parent) {
        parent = ocib_layers_chain(&step->state->layers);
    }
    ocib_cache_key_begin(&key, step->kind, &parent);
    ocib_cache_key_number(&key, request->has_epoch);
    ocib_cache_key_number(&key, request->has_epoch ? request->epoch : 0);
    if (step->hash(step, &key, err) < 0) {
        ocib_cache_key_release(&key);
        return -1;
    }
    ocib_cache_key_end(&key, out);
    return 0;
}

static void append_layer(struct ocib_layer_step *step, const struct ocib_cache_entry *entry)
{
    struct ocib_stage_state *state = step->state;
    struct ocib_digest parent = ocib_layers_chain(&state->layers);
    struct ocib_layer *layer = ocib_vec_add(&state->layers);
    layer->blob.media_type = ocib_strdup(entry->media_type);
    layer->blob.digest = entry->blob;
    layer->blob.size = entry->size;
    layer->diff_id = entry->diff_id;
    ocib_chain_id_next(&parent, &entry->diff_id, &layer->chain);
    layer->is_new = !step->cached;
    layer->span = step->op->span;
    layer->text = step->op->text;
    ocib_strings_push(&state->config.diff_ids, entry->diff_id.text);
    struct ocib_history *history = ocib_config_add_history(&state->config);
    history->created = ocib_time_format(entry->created);
    history->created_by = ocib_strdup(step->op->created_by);
    history->comment = ocib_strdup("ocib");
    state->created = entry->created;
}

static const char *layer_type(enum ocib_compression kind)
{
    switch (kind) {
    case OCIB_COMPRESSION_GZIP:
        return OCIB_TYPE_LAYER_GZIP;
    case OCIB_COMPRESSION_ZSTD:
        return OCIB_TYPE_LAYER_ZSTD;
    default:
        return OCIB_TYPE_LAYER;
    }
}

/* Where a step's changes are. */
struct changes {
    struct ocib_copied *copied;        /* a working copy; NULL: the upper folder of `work` */
    const struct ocib_strings *lowers; /* below that */
    struct ocib_work *work;
};

/* An overlay's upper folder. */
static int write_upper(struct ocib_layer_step *step, const struct changes *changes,
                       struct ocib_tar_writer *tar, struct ocib_error **err)
{
    const struct ocib_build *build = step->build;
    struct ocib_work *work = changes->work;
    OCIB_AUTO_FD int upper = openat(work->fd, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (upper < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't read the step's changes");
    }
    struct ocib_diff_options options = {
        .upper_fd = upper,
        .lowers = changes->lowers,
        .provided = step->provided,
        .provided_count = step->provided_count,
        .work_fd = work->fd,
        .work_path = work->path,
        .userxattr = ocib_sandbox_in_userns(build->env->sandbox),
        .has_epoch = build->request->has_epoch,
        .epoch = build->request->epoch,
        .log = build->env->log,
    };
    struct ocib_diff_result result;
    return ocib_layer_diff(&options, tar, &result, err);
}

static int write_changes(struct ocib_layer_step *step, const struct changes *changes,
                         struct ocib_tar_writer *tar, struct ocib_error **err)
{
    const struct ocib_build_request *request = step->build->request;
    const struct ocib_worktree_diff diff = {
        .tar = tar, .has_epoch = request->has_epoch, .epoch = request->epoch};
    struct ocib_diff_result result;
    int written = changes->copied ? ocib_worktree_diff(changes->copied->tree, &diff, &result, err)
                                  : write_upper(step, changes, tar, err);
    return written < 0 ? -1 : ocib_tar_writer_finish(tar, err);
}

/* The step's changes as a blob: tar, digest, compression, digest, in one pass. */
static int write_layer(struct ocib_layer_step *step, const struct changes *changes,
                       struct ocib_cache_entry *entry, struct ocib_error **err)
{
    OCIB_AUTO_GUARD struct ocib_guard guard;
    ocib_guard_init(&guard, step->build, step->state);
    const struct ocib_build *build = step->build;
    struct ocib_tally plain = {0}, packed = {0};
    struct ocib_writer *blob = ocib_store_blob_writer(build->env->store, NULL, &packed, err);
    struct ocib_writer *stream = blob ? ocib_compressor_new(blob, &build->compress, err) : NULL;
    OCIB_AUTO(ocib_tar_writer_cleanup)
    struct ocib_tar_writer *tar =
        stream
            ? ocib_tar_writer_new(ocib_guard_writer(&guard, ocib_writer_tee(stream, &plain)), err)
            : NULL;
    if (!tar || write_changes(step, changes, tar, err) < 0) {
        return -1;
    }
    step->has_secret = guard.found != NULL;
    *entry = (struct ocib_cache_entry){
        .diff_id = plain.digest,
        .blob = packed.digest,
        .media_type = ocib_strdup(layer_type(build->compress.kind)),
        .size = packed.bytes,
        .plain = plain.bytes,
        .created = now_or_epoch(build->request),
    };
    return 0;
}

static int apply_to_snapshot(struct ocib_layer_step *step, const struct changes *changes,
                             struct ocib_error **err)
{
    struct ocib_snapshot_options options = {
        .lowers = changes->lowers,
        .work_fd = changes->work->fd,
        .work_path = changes->work->path,
        .provided = step->provided,
        .provided_count = step->provided_count,
        .userxattr = ocib_sandbox_in_userns(step->build->env->sandbox),
    };
    OCIB_AUTO(ocib_snapshot_cleanup)
    struct ocib_snapshot *snapshot = ocib_snapshot_open(&options, err);
    if (!snapshot || step->apply(step, ocib_snapshot_fd(snapshot), err) < 0) {
        return -1;
    }
    return ocib_snapshot_close(snapshot, err);
}

/* The chain ID of the stage's layers with the new one. */
static struct ocib_digest next_chain(const struct ocib_layer_step *step,
                                     const struct ocib_cache_entry *entry)
{
    struct ocib_digest parent = ocib_layers_chain(&step->state->layers);
    struct ocib_digest chain;
    ocib_chain_id_next(&parent, &entry->diff_id, &chain);
    return chain;
}

static int make_by_overlay(struct ocib_layer_step *step, struct ocib_cache_entry *entry,
                           struct ocib_error **err)
{
    struct ocib_build *build = step->build;
    OCIB_AUTO_STRINGS struct ocib_strings lowers = {0};
    OCIB_AUTO(ocib_work_release) struct ocib_work work = {.fd = -1, .lock_fd = -1};
    const struct ocib_layers none = {0};
    const struct ocib_layers *below = step->alone ? &none : &step->state->layers;
    const struct changes changes = {NULL, &lowers, &work};
    if (ocib_build_unpack(build, below, &lowers, err) < 0 ||
        ocib_store_work_new(build->env->store, &work, err) < 0 ||
        apply_to_snapshot(step, &changes, err) < 0 || write_layer(step, &changes, entry, err) < 0) {
        return -1;
    }
    struct ocib_digest chain = next_chain(step, entry);
    return ocib_store_layer_commit(build->env->store, &chain, &work, "upper", err);
}

/* In the stage's working copy, which then has the new layer. */
static int make_by_copy(struct ocib_layer_step *step, struct ocib_cache_entry *entry,
                        struct ocib_error **err)
{
    OCIB_AUTO(ocib_copied_cleanup) struct ocib_copied *alone = NULL;
    struct ocib_copied *copied = NULL;
    if (step->alone) {
        copied = alone = ocib_copied_empty(step->build, err);
    } else {
        copied = ocib_copied_of_stage(step->build, step->state, err);
    }
    const struct changes changes = {.copied = copied};
    if (!copied || ocib_copied_apply(copied, step, err) < 0 ||
        write_layer(step, &changes, entry, err) < 0) {
        return -1;
    }
    copied->chain = next_chain(step, entry);
    return 0;
}

static int make_layer(struct ocib_layer_step *step, struct ocib_cache_entry *entry,
                      struct ocib_error **err)
{
    bool copies;
    if (ocib_build_copies(step->build, &copies, err) < 0 ||
        (step->prepare && step->prepare(step, err) < 0)) {
        return -1;
    }
    return copies ? make_by_copy(step, entry, err) : make_by_overlay(step, entry, err);
}

/* The bytes of a blob, plain again, packed the way that is asked for now. */
static int pack_again(struct ocib_build *build, const struct ocib_cache_entry *from,
                      struct ocib_cache_entry *to, struct ocib_error **err)
{
    struct ocib_tally packed = {0};
    int fd = ocib_store_blob_open(build->env->store, &from->blob, NULL, err);
    OCIB_AUTO(ocib_reader_cleanup)
    struct ocib_reader *plain =
        fd < 0
            ? NULL
            : ocib_decompressor_new(ocib_reader_of_fd(fd, true, from->blob.text), from->plain, err);
    struct ocib_writer *blob =
        plain ? ocib_store_blob_writer(build->env->store, NULL, &packed, err) : NULL;
    OCIB_AUTO(ocib_writer_cleanup)
    struct ocib_writer *to_blob = blob ? ocib_compressor_new(blob, &build->compress, err) : NULL;
    if (!to_blob || ocib_stream_copy(plain, to_blob, err) < 0 ||
        ocib_writer_finish(to_blob, err) < 0) {
        return ocib_error_wrap(err, "can't pack layer %s anew", from->blob.text);
    }
    *to = *from;
    to->media_type = ocib_strdup(layer_type(build->compress.kind));
    to->blob = packed.digest;
    to->size = packed.bytes;
    return 0;
}

/* A cached layer that is packed another way than asked for is packed again, once. */
static int match_compression(struct ocib_build *build, struct ocib_cache_entry *entry,
                             struct ocib_error **err)
{
    if (strcmp(entry->media_type, layer_type(build->compress.kind)) == 0) {
        return 0;
    }
    struct ocib_cache_key key;
    struct ocib_digest digest;
    struct ocib_cache_entry other = {0};
    ocib_cache_key_begin(&key, "pack", &entry->diff_id);
    ocib_cache_key_number(&key, build->compress.kind);
    ocib_cache_key_number(&key, build->compress.level);
    ocib_cache_key_end(&key, &digest);
    if (!ocib_cache_get(build->env->store, &digest, &other) &&
        (pack_again(build, entry, &other, err) < 0 ||
         ocib_cache_put(build->env->store, &digest, &other, err) < 0)) {
        ocib_cache_entry_release(&other);
        return -1;
    }
    int64_t created = entry->created; /* when the step ran, not when it was packed */
    ocib_cache_entry_release(entry);
    *entry = other;
    entry->created = created;
    return 0;
}

int ocib_layer_step_run(struct ocib_layer_step *step, struct ocib_error **err)
{
    struct ocib_store *store = step->build->env->store;
    struct ocib_cache_entry entry = {0};
    struct ocib_digest key;
    if (make_key(step, &key, err) < 0) {
        return -1;
    }
    step->build->steps++;
    step->cached = !step->state->no_cache && ocib_cache_get(store, &key, &entry);
    int failed =
        step->cached ? match_compression(step->build, &entry, err) : make_layer(step, &entry, err);
    if (!failed && !step->cached && !step->has_secret) {
        failed = ocib_cache_put(store, &key, &entry, err);
    }
    if (failed) {
        ocib_cache_entry_release(&entry);
        return -1;
    }
    step->build->cached += step->cached;
    step->plain = entry.plain;
    append_layer(step, &entry);
    ocib_cache_entry_release(&entry);
    return 0;
}
