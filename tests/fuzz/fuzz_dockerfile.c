/*
 * A Dockerfile from an unknown source: parsed, planned, and each stage turned into ops. Also the
 * triggers of a base image, which come from a registry: what stands behind a line "%%" is given to
 * the base's config as ONBUILD.
 */
#include "dockerfile/parse.h"
#include "plan/plan.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fill_base(struct ocib_config *base, struct ocib_str triggers)
{
    base->platform.os = ocib_strdup("linux");
    base->platform.architecture = ocib_strdup("amd64");
    base->working_dir = ocib_strdup("/srv");
    ocib_env_set(&base->env, "PATH", "/bin");
    ocib_env_set(&base->env, "A", "a*b/c");
    ocib_strings_push(&base->exposed_ports, "1/tcp");
    if (triggers.len) {
        ocib_strings_push_str(&base->onbuild, triggers);
    }
}

static void plan_all(const struct ocib_plan *plan, const struct ocib_config *image)
{
    size_t count;
    const size_t *order = ocib_plan_order(plan, &count);
    struct ocib_stage_ops *ops = ocib_alloc(ocib_plan_stage_count(plan), sizeof(*ops));
    for (size_t i = 0; i < count; i++) {
        const struct ocib_stage *stage = ocib_plan_stage(plan, order[i]);
        const struct ocib_config *base = stage->base == OCIB_BASE_IMAGE ? image
                                         : stage->base == OCIB_BASE_STAGE
                                             ? &ops[stage->base_stage].config
                                             : NULL;
        if (ocib_plan_stage_ops(plan, order[i], base, &ops[order[i]], NULL) < 0) {
            break;
        }
    }
    for (size_t i = 0; i < ocib_plan_stage_count(plan); i++) {
        ocib_stage_ops_release(&ops[i]);
    }
    free(ops);
    OCIB_AUTO_STRINGS struct ocib_strings unused = {0};
    ocib_plan_unused_args(plan, &unused);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ocib_str text = {(const char *)data, size};
    struct ocib_str triggers = OCIB_STR("");
    const char *mark = size ? memmem(data, size, "\n%%\n", 4) : NULL;
    if (mark) {
        triggers = ocib_str_sub(text, (size_t)(mark - text.s) + 4, size);
        text.len = (size_t)(mark - text.s) + 1;
    }
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_STRINGS struct ocib_strings args = {0};
    ocib_strings_push(&args, "X=x y");
    ocib_strings_push(&args, "HTTP_PROXY=p");
    OCIB_AUTO(ocib_dockerfile_cleanup)
    struct ocib_dockerfile *file = ocib_dockerfile_parse("Dockerfile", text, NULL, &err);
    if (!file) {
        return 0;
    }
    struct ocib_plan_options options = {.build_args = &args};
    OCIB_AUTO(ocib_plan_cleanup) struct ocib_plan *plan = ocib_plan_new(file, &options, &err);
    if (plan) {
        struct ocib_config image = {0};
        fill_base(&image, triggers);
        plan_all(plan, &image);
        ocib_config_release(&image);
    }
    return 0;
}
