/*
 * Plans in tests. Comment lines of the form "# test: arg NAME=value", "# test: target NAME" and
 * "# test: label name=value" give the options. The image "rich" has something in each field of its
 * config, "triggers" copies from stages in its ONBUILD; all other images have an empty one.
 */
#ifndef OCIB_TEST_PLAN_H
#define OCIB_TEST_PLAN_H

#include "golden.h"

#include "dockerfile/parse.h"
#include "plan/plan.h"

struct planned {
    struct ocib_dockerfile *file;
    struct ocib_plan *plan;
    struct ocib_stage_ops *ops; /* by the stages' index */
    size_t count;
    char *target;
    struct ocib_strings args;
    struct ocib_strings labels;
    struct ocib_strings warnings;
    struct ocib_error *err;
};

static inline void planned_release(struct planned *p)
{
    for (size_t i = 0; i < p->count; i++) {
        ocib_stage_ops_release(&p->ops[i]);
    }
    free(p->ops);
    ocib_plan_free(p->plan);
    ocib_dockerfile_free(p->file);
    free(p->target);
    ocib_strings_release(&p->args);
    ocib_strings_release(&p->labels);
    ocib_strings_release(&p->warnings);
    ocib_error_free(p->err);
}
#define AUTO_PLANNED OCIB_AUTO(planned_release) struct planned

static inline void planned_warn(void *data, enum ocib_log_level level, struct ocib_span span,
                                const char *text)
{
    /* What a check reports too is logged for debugging only. */
    if (level != OCIB_LOG_INFO) {
        ocib_strings_take(data, ocib_format("%u:%u: %s", span.line, span.column, text));
    }
}

static inline void planned_options(struct planned *p, struct ocib_str text)
{
    struct ocib_str line;
    while (ocib_str_cut(&text, '\n', &line)) {
        struct ocib_str value = line;
        struct ocib_str words[4];
        for (size_t i = 0; i < 3; i++) {
            if (!ocib_str_cut(&value, ' ', &words[i])) {
                words[i] = OCIB_STR("");
            }
        }
        if (!ocib_str_is(words[0], "#") || !ocib_str_is(words[1], "test:")) {
            continue;
        }
        if (ocib_str_is(words[2], "arg")) {
            ocib_strings_push_str(&p->args, value);
        } else if (ocib_str_is(words[2], "label")) {
            ocib_strings_push_str(&p->labels, value);
        } else {
            p->target = ocib_str_dup(value);
        }
    }
}

static inline void planned_rich(struct ocib_config *config)
{
    static const char json[] =
        "{\"architecture\":\"arm64\",\"os\":\"linux\",\"author\":\"Base Author\",\"config\":{"
        "\"User\":\"app\",\"ExposedPorts\":{\"1/tcp\":{}},\"Env\":[\"PATH=/rich\",\"LANG=C\"],"
        "\"Entrypoint\":[\"/entry\"],\"Cmd\":[\"base-cmd\"],\"Volumes\":{\"/vol\":{}},"
        "\"WorkingDir\":\"/srv\",\"Labels\":{\"base\":\"1\"},\"StopSignal\":\"SIGQUIT\","
        "\"Healthcheck\":{\"Test\":[\"CMD\",\"x\"],\"Retries\":2},"
        "\"OnBuild\":[\"ARG T=t\",\"COPY --chown=$T . /app\",\"RUN made $T\"],"
        "\"Shell\":[\"/bin/rich\",\"-c\"]},"
        "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";
    assert_int_equal(ocib_config_parse(ocib_str(json), config, NULL), 0);
}

/* The config of a stage's base image. */
static inline void planned_image(const struct ocib_stage *stage, struct ocib_config *out)
{
    if (strcmp(stage->base_image, "rich") == 0) {
        planned_rich(out);
        return;
    }
    ocib_platform_copy(&out->platform, &stage->platform);
    if (strcmp(stage->base_image, "triggers") == 0) {
        ocib_strings_push(&out->onbuild, "COPY --from=assets /a /b");
        ocib_strings_push(&out->onbuild, "RUN --mount=from=0,target=/x y");
    }
}

static inline int planned_stage(struct planned *p, size_t index)
{
    const struct ocib_stage *stage = ocib_plan_stage(p->plan, index);
    struct ocib_config image = {0};
    const struct ocib_config *base = NULL;
    if (stage->base == OCIB_BASE_STAGE) {
        base = &p->ops[stage->base_stage].config;
    } else if (stage->base == OCIB_BASE_IMAGE) {
        base = &image;
        planned_image(stage, &image);
    }
    int result = ocib_plan_stage_ops(p->plan, index, base, &p->ops[index], &p->err);
    ocib_config_release(&image);
    return result;
}

/* Asks for what the triggers of base images need, as a builder does. */
static inline int planned_triggers(struct planned *p)
{
    bool *asked = ocib_alloc(p->count, sizeof(*asked));
    int result = 0;
    for (size_t i = 0; result == 0;) {
        size_t count;
        const size_t *order = ocib_plan_order(p->plan, &count);
        if (i == count) {
            break;
        }
        const struct ocib_stage *stage = ocib_plan_stage(p->plan, order[i++]);
        if (!asked[stage->index] && stage->base == OCIB_BASE_IMAGE) {
            struct ocib_config image = {0};
            bool grown = false;
            planned_image(stage, &image);
            result = ocib_plan_need_triggers(p->plan, stage->index, &image, &grown, &p->err);
            ocib_config_release(&image);
            i = grown ? 0 : i;
        }
        asked[stage->index] = true;
    }
    free(asked);
    return result;
}

/* Plans a file; false, with the error in p->err, if it is refused on the way. */
static inline bool planned_make(struct planned *p, const char *name, struct ocib_str text)
{
    struct ocib_log log = {planned_warn, &p->warnings};
    struct ocib_platform amd64 = {.os = (char[]){"linux"}, .architecture = (char[]){"amd64"}};
    planned_options(p, text);
    struct ocib_plan_options options = {
        .build_args = &p->args,
        .labels = &p->labels,
        .target = p->target,
        .target_platform = &amd64,
        .build_platform = &amd64,
        .log = &log,
    };
    p->file = ocib_dockerfile_parse(name, text, &log, &p->err);
    p->plan = p->file ? ocib_plan_new(p->file, &options, &p->err) : NULL;
    if (!p->plan) {
        return false;
    }
    /* The log dies with this call; the plan's own copy of its address isn't used after it. */
    p->count = ocib_plan_stage_count(p->plan);
    p->ops = ocib_alloc(p->count, sizeof(*p->ops));
    if (planned_triggers(p) < 0) {
        return false;
    }
    size_t count;
    const size_t *order = ocib_plan_order(p->plan, &count);
    for (size_t i = 0; i < count; i++) {
        if (planned_stage(p, order[i]) < 0) {
            return false;
        }
    }
    return true;
}

static inline void planned_good(struct planned *p, const char *text)
{
    if (!planned_make(p, "Dockerfile", ocib_str(text))) {
        fail_msg("%s: %s", text, ocib_error_message(p->err));
    }
}

static inline void planned_bad(const char *text, const char *message)
{
    AUTO_PLANNED p = {0};
    if (planned_make(&p, "Dockerfile", ocib_str(text))) {
        fail_msg("taken: %s", text);
    }
    assert_string_equal(ocib_error_message(p.err), message);
}

/* The ops and config of the target. */
static inline struct ocib_stage_ops *planned_target(struct planned *p)
{
    return &p->ops[ocib_plan_target(p->plan)];
}

static inline const struct ocib_op *planned_op(struct planned *p, size_t index)
{
    assert_true(index < planned_target(p)->ops.len);
    return &planned_target(p)->ops.items[index];
}

/* The history text of one instruction below "FROM alpine". */
static inline void check_history(const char *instruction, const char *want)
{
    AUTO_PLANNED p = {0};
    OCIB_AUTO_FREE char *text = ocib_format("FROM alpine\n%s\n", instruction);
    planned_good(&p, text);
    assert_int_equal(planned_target(&p)->ops.len, 1);
    assert_string_equal(planned_op(&p, 0)->created_by, want);
}

static inline void check_strings(const struct ocib_strings *list, const char *joined)
{
    OCIB_AUTO_BUF struct ocib_buf got = {0};
    ocib_buf_init(&got);
    for (size_t i = 0; i < list->len; i++) {
        ocib_buf_printf(&got, "%s%s", i ? "|" : "", list->items[i]);
    }
    assert_string_equal(got.data, joined);
}

#endif
