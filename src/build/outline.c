#include "build/outline.h"

#include "build/stage.h"
#include "dockerfile/parse.h"

static void take_source(const struct ocib_build *build, struct ocib_build_description *out)
{
    ocib_buf_add(&out->source, build->file->source->text, build->file->source->len);
}

/* The ops of a stage that is never built. */
static int plan_stage(struct ocib_build *build, size_t index, struct ocib_stage_ops *ops,
                      struct ocib_error **err)
{
    const struct ocib_stage *stage = ocib_plan_stage(build->plan, index);
    struct ocib_config image = {0};
    const struct ocib_config *base = NULL;
    if (stage->base == OCIB_BASE_STAGE) {
        base = &ops[stage->base_stage].config;
    } else if (stage->base == OCIB_BASE_IMAGE) {
        base = &image;
        if (!ocib_build_stored_config(build, index, stage->base_image, &image)) {
            ocib_platform_copy(&image.platform, &stage->platform);
        }
    }
    int failed = ocib_plan_stage_ops(build->plan, index, base, &ops[index], err);
    ocib_config_release(&image);
    return failed;
}

static int plan_all(struct ocib_build *build, struct ocib_stage_ops *ops, struct ocib_error **err)
{
    size_t count;
    const size_t *order = ocib_plan_order(build->plan, &count);
    for (size_t i = 0; i < count; i++) {
        if (plan_stage(build, order[i], ops, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int ocib_build_outline(const struct ocib_build_env *env, const struct ocib_build_request *request,
                       struct ocib_build_description *out, struct ocib_error **err)
{
    OCIB_AUTO(ocib_build_release) struct ocib_build build = {.env = env, .request = request};
    if (ocib_build_read(&build, err) < 0) {
        return -1;
    }
    struct ocib_stage_ops *ops = ocib_alloc(build.stage_count, sizeof(*ops));
    int failed = plan_all(&build, ops, err);
    if (!failed) {
        ocib_plan_outline(build.plan, ops, &out->outline);
        take_source(&build, out);
    }
    for (size_t i = 0; i < build.stage_count; i++) {
        ocib_stage_ops_release(&ops[i]);
    }
    free(ops);
    return failed;
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
