#include "base/mem.h"
#include "build/input.h"
#include "build/step.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* What a Dockerfile calls it. */
static char *short_name(const struct ocib_named_context *context)
{
    const char *equals = strchr(context->text, '=');
    return ocib_strndup(context->text, (size_t)(equals - context->text));
}

/* Said before the build begins, also of one that isn't used, as in buildx. */
static int check_tree(const struct ocib_named_context *context, struct ocib_error **err)
{
    enum ocib_build_input_kind kind = ocib_build_input_kind(context->value);
    struct stat st;
    if (kind == OCIB_INPUT_STDIN) {
        return ocib_error_set(err, OCIB_EUSAGE,
                              "standard input can't be the context of --build-context %s",
                              context->text);
    }
    if (kind != OCIB_INPUT_FOLDER || stat(context->value, &st) == 0) {
        return 0;
    }
    return ocib_error_set_errno(err, OCIB_EINPUT, "can't open the context of --build-context %s",
                                context->text);
}

int ocib_build_read_contexts(struct ocib_build *build, struct ocib_error **err)
{
    struct ocib_named_contexts *contexts = &build->contexts;
    if (ocib_named_contexts_parse(build->request->build_contexts, contexts, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < contexts->len; i++) {
        const struct ocib_named_context *context = &contexts->items[i];
        if (context->kind == OCIB_NAMED_TREE && check_tree(context, err) < 0) {
            return -1;
        }
    }
    build->named = ocib_alloc(contexts->len + 1, sizeof(*build->named));
    return 0;
}

void ocib_build_release_contexts(struct ocib_build *build)
{
    for (size_t i = 0; build->named && i < build->contexts.len; i++) {
        if (build->named[i]) {
            ocib_build_input_release(build->named[i]);
            free(build->named[i]);
        }
    }
    free(build->named);
    ocib_named_contexts_release(&build->contexts);
}

int ocib_build_named_input(struct ocib_build *build, size_t index,
                           const struct ocib_build_input **out, struct ocib_error **err)
{
    const struct ocib_named_context *context = &build->contexts.items[index];
    if (!build->named[index]) {
        OCIB_AUTO_FREE char *called = short_name(context);
        OCIB_AUTO_FREE char *name = ocib_format("the context %s", called);
        struct ocib_build_input_options options = {.text = context->value, .name = name};
        bool empty = context->kind == OCIB_NAMED_SCRATCH;
        struct ocib_build_input *input = ocib_new(struct ocib_build_input);
        int failed = empty ? ocib_build_input_open_empty(input, build, name, err)
                           : ocib_build_input_open(input, build, &options, err);
        if (failed) {
            ocib_build_input_release(input);
            free(input);
            return -1;
        }
        build->named[index] = input;
    }
    *out = build->named[index];
    return 0;
}

/* The whole tree as a layer, as COPY --link makes it. */
static void plan_base(const struct ocib_stage *stage, const struct ocib_named_context *context,
                      struct ocib_op *op)
{
    OCIB_AUTO_FREE char *called = short_name(context);
    op->kind = OCIB_OP_COPY;
    op->span = stage->base_span;
    op->text = ocib_format("FROM %s", called);
    op->created_by = ocib_strdup(op->text);
    op->copy = (struct ocib_copy_op){.from = OCIB_FROM_NAMED,
                                     .from_context = stage->base_context,
                                     .from_span = stage->base_span,
                                     .link = true,
                                     .dest = ocib_strdup("/")};
    ocib_strings_push(&op->copy.sources, ".");
}

int ocib_build_base_tree(struct ocib_build *build, struct ocib_stage_state *state,
                         struct ocib_error **err)
{
    const struct ocib_stage *stage = state->stage;
    struct ocib_op *op = ocib_vec_add(&state->base.ops);
    plan_base(stage, &build->contexts.items[stage->base_context], op);
    struct ocib_step_info info = {.id = ++build->next_id,
                                  .count = (unsigned)state->planned.ops.len,
                                  .stage = stage->name ? stage->name : "",
                                  .text = op->text,
                                  .span = op->span};
    struct ocib_layer_step step = {.build = build, .state = state, .op = op, .info = &info};
    return ocib_step_copy(&step, err) < 0 ? ocib_error_place_at(err, op->span) : 0;
}
