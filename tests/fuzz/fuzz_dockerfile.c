/*
 * A Dockerfile from an unknown source: parsed, planned, each stage turned into ops, and checked
 * with all rules. Also the triggers of a base image, which come from a registry: what stands behind
 * a line "%%" is given to the base's config as ONBUILD.
 */
#include "check/check.h"
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

static const struct ocib_config *give_base(void *data, size_t stage)
{
    return stage % 3 == 2 ? NULL : data;
}

static void check(const struct ocib_dockerfile *file, const struct ocib_plan *plan,
                  struct ocib_config *image)
{
    OCIB_AUTO(ocib_warnings_release) struct ocib_warnings findings = {0};
    OCIB_AUTO(ocib_check_directive_release)
    struct ocib_check_directive all = {.experimental_all = true};
    OCIB_AUTO(ocib_ignore_cleanup)
    struct ocib_ignore *ignore = ocib_ignore_parse("i", OCIB_STR("a\n*/b\n!c\n"), NULL);
    struct ocib_check_options options = {
        .file = file,
        .plan = plan,
        .directive = &all,
        .ignore = ignore,
        .all_stages = true,
        .own = true,
        .base = give_base,
        .data = image,
    };
    ocib_check_file(&options, &findings);
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
    struct ocib_config image = {0};
    fill_base(&image, triggers);
    if (plan) {
        plan_all(plan, &image);
    }
    check(file, plan, &image);
    ocib_config_release(&image);
    return 0;
}
