#include "build/outline.h"

#include "build/stage.h"
#include "dockerfile/parse.h"

static void take_source(const struct ocib_build *build, struct ocib_build_description *out)
{
    ocib_buf_add(&out->source, build->file->source->text, build->file->source->len);
}

/* Reads the config of the image that a stage is built from, and asks for what its triggers need. */
static int read_base(struct ocib_build *build, const struct ocib_stage *stage, bool *grown,
                     struct ocib_error **err)
{
    struct ocib_config *config = &build->stages[stage->index].config;
    if (!ocib_build_stored_config(build, stage->index, stage->base_image, config)) {
        ocib_platform_copy(&config->platform, &stage->platform);
    }
    return ocib_plan_need_triggers(build->plan, stage->index, config, grown, err);
}

static int read_bases(struct ocib_build *build, struct ocib_error **err)
{
    bool grown = true;
    while (grown) {
        grown = false;
        size_t count;
        const size_t *order = ocib_plan_order(build->plan, &count);
        for (size_t i = 0; i < count && !grown; i++) {
            struct ocib_stage_state *state = &build->stages[order[i]];
            const struct ocib_stage *stage = ocib_plan_stage(build->plan, order[i]);
            bool is_new = !state->done && stage->base == OCIB_BASE_IMAGE;
            state->done = true;
            if (is_new && read_base(build, stage, &grown, err) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

/* The ops of the stages, none of which is ever built. */
static int plan_all(struct ocib_build *build, struct ocib_error **err)
{
    size_t count;
    const size_t *order = ocib_plan_order(build->plan, &count);
    for (size_t i = 0; i < count; i++) {
        const struct ocib_stage *stage = ocib_plan_stage(build->plan, order[i]);
        const struct ocib_config *base =
            stage->base == OCIB_BASE_STAGE   ? &build->stages[stage->base_stage].planned.config
            : stage->base == OCIB_BASE_IMAGE ? &build->stages[order[i]].config
                                             : NULL;
        if (ocib_plan_stage_ops(build->plan, order[i], base, &build->stages[order[i]].planned,
                                err) < 0) {
            return -1;
        }
    }
    return 0;
}

static struct ocib_stage_ops *take_ops(struct ocib_build *build)
{
    struct ocib_stage_ops *ops = ocib_alloc(build->stage_count, sizeof(*ops));
    for (size_t i = 0; i < build->stage_count; i++) {
        ops[i] = build->stages[i].planned;
        build->stages[i].planned = (struct ocib_stage_ops){0};
    }
    return ops;
}

int ocib_build_outline(const struct ocib_build_env *env, const struct ocib_build_request *request,
                       struct ocib_build_description *out, struct ocib_error **err)
{
    OCIB_AUTO(ocib_build_release) struct ocib_build build = {.env = env, .request = request};
    if (ocib_build_read(&build, err) < 0) {
        return -1;
    }
    if (read_bases(&build, err) < 0 || plan_all(&build, err) < 0) {
        return -1;
    }
    struct ocib_stage_ops *ops = take_ops(&build);
    ocib_plan_outline(build.plan, ops, &out->outline);
    take_source(&build, out);
    for (size_t i = 0; i < build.stage_count; i++) {
        ocib_stage_ops_release(&ops[i]);
    }
    free(ops);
    return 0;
}

int ocib_build_targets(const struct ocib_build_env *env, const struct ocib_build_request *request,
                       struct ocib_build_description *out, struct ocib_error **err)
{
    OCIB_AUTO(ocib_build_release) struct ocib_build build = {.env = env, .request = request};
    if (ocib_build_read_file(&build, err) < 0) {
        return -1;
    }
    ocib_plan_targets(build.file, &out->targets);
    take_source(&build, out);
    return 0;
}

void ocib_build_description_release(struct ocib_build_description *description)
{
    ocib_plan_outline_release(&description->outline);
    ocib_plan_targets_release(&description->targets);
    ocib_buf_release(&description->source);
}
