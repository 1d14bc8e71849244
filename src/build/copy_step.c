#include "base/mem.h"
#include "build/add_remote.h"
#include "build/copy.h"
#include "build/input.h"
#include "build/step.h"
#include "rootfs/users.h"
#include "sys/fd.h"

#include <string.h>

/* Where the local sources of a COPY are, opened for the length of the step. */
struct source {
    struct ocib_copy_source tree;
    struct ocib_work work; /* holds the view of a stage or image */
    int fd;
    char *name;
};

/*
 * Sources that come from one tree, in the order of the instruction: local ones next to each other,
 * or a remote one alone. It is copied as if it were an instruction of its own, `op`.
 */
struct part {
    struct ocib_copy_op op; /* of the step's, with other sources; borrows all but these */
    struct ocib_strings sources;
    struct ocib_strings excludes;
    bool is_remote;
    struct ocib_remote remote;
    struct ocib_selection *selection; /* of a remote one only once it is fetched */
};

struct copying {
    struct source source;
    struct {
        OCIB_VEC(struct part);
    } parts;
};

static void copying_release(struct copying *copying)
{
    for (size_t i = 0; i < copying->parts.len; i++) {
        struct part *part = &copying->parts.items[i];
        ocib_selection_free(part->selection);
        if (part->is_remote) {
            ocib_remote_release(&part->remote);
        }
        ocib_strings_release(&part->sources);
        ocib_strings_release(&part->excludes);
    }
    ocib_vec_release(&copying->parts);
    ocib_fd_cleanup(&copying->source.fd);
    ocib_work_release(&copying->source.work);
    free(copying->source.name);
}

/* --- local sources ---------------------------------------------------------------------------- */

static int open_stage(struct ocib_layer_step *step, struct source *source, struct ocib_error **err)
{
    const struct ocib_stage_state *from = &step->build->stages[step->op->copy.from_stage];
    source->name = from->stage->name ? ocib_format("stage %s", from->stage->name)
                                     : ocib_format("stage %zu", from->stage->index);
    source->fd = ocib_build_view(step->build, &from->layers, &source->work, err);
    return source->fd < 0 ? -1 : 0;
}

static int open_image(struct ocib_layer_step *step, struct source *source, struct ocib_error **err)
{
    const struct ocib_copy_op *copy = &step->op->copy;
    OCIB_AUTO(ocib_tree_source_release) struct ocib_tree_source image = {0};
    source->name = ocib_format("image %s", copy->from_image);
    if (ocib_build_image(step->build, step->state->stage->index, copy->from_image, copy->from_span,
                         &image, err) < 0) {
        return -1;
    }
    source->fd = ocib_build_view(step->build, &image.layers, &source->work, err);
    return source->fd < 0 ? -1 : 0;
}

static int open_named(struct ocib_layer_step *step, struct source *source, struct ocib_error **err)
{
    const struct ocib_copy_op *copy = &step->op->copy;
    const struct ocib_build_input *input;
    if (ocib_build_named_input(step->build, copy->from_context, &input, err) < 0) {
        return ocib_error_place_at(err, copy->from_span);
    }
    ocib_build_input_source(input, step->build->env->log, &source->tree);
    return 0;
}

static int open_source(struct ocib_layer_step *step, struct source *source, struct ocib_error **err)
{
    switch (step->op->copy.from) {
    case OCIB_FROM_STAGE:
        if (open_stage(step, source, err) < 0) {
            return -1;
        }
        break;
    case OCIB_FROM_IMAGE:
        if (open_image(step, source, err) < 0) {
            return -1;
        }
        break;
    case OCIB_FROM_NAMED:
        return open_named(step, source, err);
    case OCIB_FROM_CONTEXT:
        ocib_build_input_source(step->build->input, step->build->env->log, &source->tree);
        return 0;
    }
    source->tree.root_fd = source->fd;
    source->tree.name = source->name;
    source->tree.log = step->build->env->log;
    return 0;
}

/* --- parts ------------------------------------------------------------------------------------ */

static struct part *new_part(struct copying *copying, const struct ocib_copy_op *op)
{
    struct part *part = ocib_vec_add(&copying->parts);
    *part = (struct part){.op = *op};
    part->op.files = (struct ocib_inline_files){0};
    return part;
}

/* The open part of local sources, or a new one. */
static struct part *local_part(struct copying *copying, const struct ocib_copy_op *op)
{
    struct part *last = copying->parts.len ? &copying->parts.items[copying->parts.len - 1] : NULL;
    return last && !last->is_remote ? last : new_part(copying, op);
}

static int add_remote(struct ocib_layer_step *step, struct copying *copying, const char *source,
                      struct ocib_error **err)
{
    const struct ocib_copy_op *op = &step->op->copy;
    struct part *part = new_part(copying, op);
    part->is_remote = true;
    part->op.unpack = op->unpack_remote;
    if (ocib_remote_open(&part->remote, step->build, step->op, source, err) < 0) {
        return -1;
    }
    bool git = part->remote.kind == OCIB_SOURCE_GIT;
    for (size_t i = 0; git && i < op->excludes.len; i++) {
        ocib_strings_push(&part->excludes, op->excludes.items[i]);
    }
    if (git && !ocib_remote_keeps_git_dir(&part->remote)) {
        ocib_strings_push(&part->excludes, "**/.git"); /* submodules have one each */
    }
    return 0;
}

/* Vectors of parts move as they grow, so what points into them is set once they don't. */
static void settle_parts(struct copying *copying)
{
    for (size_t i = 0; i < copying->parts.len; i++) {
        struct part *part = &copying->parts.items[i];
        if (part->is_remote) {
            bool url = part->remote.kind == OCIB_SOURCE_URL;
            ocib_strings_push(&part->sources, url ? part->remote.name : ".");
            part->op.excludes = part->excludes;
        }
        part->op.sources = part->sources;
    }
}

static int make_parts(struct ocib_layer_step *step, struct copying *copying,
                      struct ocib_error **err)
{
    const struct ocib_copy_op *op = &step->op->copy;
    for (size_t i = 0; i < op->sources.len; i++) {
        const char *source = op->sources.items[i];
        bool local = ocib_source_kind(ocib_str(source)) == OCIB_SOURCE_PATH;
        if (local) {
            ocib_strings_push(&local_part(copying, op)->sources, source);
        } else if (add_remote(step, copying, source, err) < 0) {
            return -1;
        }
    }
    if (op->files.len) {
        local_part(copying, op)->op.files = op->files;
    }
    settle_parts(copying);
    return 0;
}

static int select_part(struct ocib_layer_step *step, struct copying *copying, struct part *part,
                       struct ocib_error **err)
{
    struct ocib_copy_source tree = copying->source.tree;
    if (part->is_remote) {
        tree = (struct ocib_copy_source){.root_fd = part->remote.root_fd,
                                         .is_context = true,
                                         .plain_modes = part->remote.kind == OCIB_SOURCE_GIT,
                                         .name = part->remote.source,
                                         .log = step->build->env->log};
    }
    part->selection = ocib_copy_select(&part->op, step->op->span, &tree, err);
    return part->selection ? 0 : -1;
}

/* Local sources are looked at for the key, remote ones have been identified. */
static int select_local(struct ocib_layer_step *step, struct copying *copying,
                        struct ocib_error **err)
{
    for (size_t i = 0; i < copying->parts.len; i++) {
        struct part *part = &copying->parts.items[i];
        if (!part->is_remote && select_part(step, copying, part, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* --- the step --------------------------------------------------------------------------------- */

static int hash_part(struct part *part, struct ocib_cache_key *key, struct ocib_error **err)
{
    if (!part->is_remote) {
        return ocib_selection_hash(part->selection, key->hasher, err);
    }
    ocib_remote_hash(&part->remote, key);
    ocib_cache_key_number(key, part->op.unpack);
    ocib_cache_key_list(key, &part->op.excludes);
    return 0;
}

static int hash_copy(struct ocib_layer_step *step, struct ocib_cache_key *key,
                     struct ocib_error **err)
{
    struct copying *copying = step->data;
    const struct ocib_copy_op *copy = &step->op->copy;
    ocib_cache_key_number(key, copy->unpack);
    ocib_cache_key_text(key, copy->dest);
    ocib_cache_key_text(key, copy->chown);
    ocib_cache_key_text(key, copy->chmod);
    for (size_t i = 0; i < copying->parts.len; i++) {
        if (hash_part(&copying->parts.items[i], key, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static bool has_named_owner(const struct ocib_copy_op *copy)
{
    return copy->chown && copy->chown[strspn(copy->chown, "0123456789:")];
}

/* Names are those of the stage's own tree, also where the copy doesn't see that. */
static int find_owner(struct ocib_layer_step *step, struct ocib_copy_target *target,
                      struct ocib_error **err)
{
    const char *text = step->op->copy.chown;
    if (!step->alone || !has_named_owner(&step->op->copy)) {
        return ocib_chown_lookup(target->root_fd, text, &target->uid, &target->gid, err);
    }
    OCIB_AUTO(ocib_work_release) struct ocib_work work = {.fd = -1, .lock_fd = -1};
    OCIB_AUTO_FD int below = ocib_build_view(step->build, &step->state->layers, &work, err);
    return below < 0 ? -1 : ocib_chown_lookup(below, text, &target->uid, &target->gid, err);
}

static int apply_part(struct ocib_layer_step *step, struct part *part,
                      const struct ocib_copy_target *target, struct ocib_error **err)
{
    if (part->is_remote && (ocib_remote_fetch(&part->remote, err) < 0 ||
                            select_part(step, step->data, part, err) < 0)) {
        return -1;
    }
    return ocib_selection_copy(part->selection, target, err);
}

static int apply_copy(struct ocib_layer_step *step, int root_fd, struct ocib_error **err)
{
    struct copying *copying = step->data;
    struct ocib_copy_target target = {
        .root_fd = root_fd,
        .has_owner = step->op->copy.chown != NULL,
        .in_userns = ocib_sandbox_in_userns(step->build->env->sandbox),
    };
    if (target.has_owner && find_owner(step, &target, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < copying->parts.len; i++) {
        if (apply_part(step, &copying->parts.items[i], &target, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int ocib_step_copy(struct ocib_layer_step *step, struct ocib_error **err)
{
    OCIB_AUTO(copying_release)
    struct copying copying = {.source = {.fd = -1, .work = {.fd = -1, .lock_fd = -1}}};
    const struct ocib_copy_op *copy = &step->op->copy;
    if (open_source(step, &copying.source, err) < 0 || make_parts(step, &copying, err) < 0 ||
        select_local(step, &copying, err) < 0) {
        return -1;
    }
    step->kind = copy->link ? "copy alone" : "copy";
    step->alone = copy->link;
    step->any_parent = copy->link && !has_named_owner(copy);
    step->hash = hash_copy;
    step->apply = apply_copy;
    step->data = &copying;
    int failed = ocib_layer_step_run(step, err);
    step->data = NULL;
    return failed;
}
