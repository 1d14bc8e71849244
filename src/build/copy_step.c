#include "build/step.h"

#include "base/mem.h"
#include "build/copy.h"
#include "rootfs/users.h"
#include "sys/fd.h"

/* What a COPY reads from, opened for the length of the step. */
struct source {
    struct ocib_copy_source tree;
    struct ocib_selection *selection;
    struct ocib_work work; /* holds the view of a stage or image */
    int fd;
    char *name;
};

static void source_release(struct source *source)
{
    ocib_selection_free(source->selection);
    ocib_fd_cleanup(&source->fd);
    ocib_work_release(&source->work);
    free(source->name);
}

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

static int open_source(struct ocib_layer_step *step, struct source *source, struct ocib_error **err)
{
    struct ocib_context *context = step->build->context;
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
    case OCIB_FROM_CONTEXT:
        source->name = ocib_strdup("the build context");
        source->tree.ignore = ocib_context_ignore(context);
        source->tree.digests = ocib_context_digests(context);
        source->tree.is_context = true;
        break;
    }
    source->tree.root_fd = source->tree.is_context ? ocib_context_fd(context) : source->fd;
    source->tree.name = source->name;
    source->tree.log = step->build->env->log;
    return 0;
}

static int hash_copy(struct ocib_layer_step *step, struct ocib_cache_key *key,
                     struct ocib_error **err)
{
    struct source *source = step->data;
    const struct ocib_copy_op *copy = &step->op->copy;
    ocib_cache_key_number(key, copy->add);
    ocib_cache_key_text(key, copy->dest);
    ocib_cache_key_text(key, copy->chown);
    ocib_cache_key_text(key, copy->chmod);
    return ocib_selection_hash(source->selection, key->hasher, err);
}

static int apply_copy(struct ocib_layer_step *step, int root_fd, struct ocib_error **err)
{
    struct source *source = step->data;
    struct ocib_copy_target target = {
        .root_fd = root_fd,
        .has_owner = step->op->copy.chown != NULL,
        .in_userns = ocib_sandbox_in_userns(step->build->env->sandbox),
    };
    if (target.has_owner &&
        ocib_chown_lookup(root_fd, step->op->copy.chown, &target.uid, &target.gid, err) < 0) {
        return -1;
    }
    return ocib_selection_copy(source->selection, &target, err);
}

int ocib_step_copy(struct ocib_layer_step *step, struct ocib_error **err)
{
    OCIB_AUTO(source_release)
    struct source source = {.fd = -1, .work = {.fd = -1, .lock_fd = -1}};
    if (open_source(step, &source, err) < 0) {
        return -1;
    }
    source.selection = ocib_copy_select(&step->op->copy, step->op->span, &source.tree, err);
    if (!source.selection) {
        return -1;
    }
    step->kind = "copy";
    step->hash = hash_copy;
    step->apply = apply_copy;
    step->data = &source;
    int failed = ocib_layer_step_run(step, err);
    step->data = NULL;
    return failed;
}
