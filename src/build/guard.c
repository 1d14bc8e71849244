#include "build/guard.h"

#include "base/mem.h"
#include "oci/json.h"

#include <string.h>

enum { SHORTEST = 8 };

void ocib_guard_init(struct ocib_guard *guard, const struct ocib_build *build,
                     const struct ocib_stage_state *state)
{
    const struct ocib_secrets *secrets = build->request->secrets;
    *guard = (struct ocib_guard){.build = build, .state = state};
    for (size_t i = 0; secrets && i < secrets->len; i++) {
        const struct ocib_secret *secret = &secrets->items[i];
        struct ocib_str value = ocib_str_trim(ocib_buf_str(&secret->value));
        if (value.len >= SHORTEST) {
            ocib_vec_push(&guard->needles, ((struct ocib_needle){secret->id, value}));
        }
    }
}

void ocib_guard_release(struct ocib_guard *guard)
{
    ocib_vec_release(&guard->needles);
}

/* Whether the stage's layers are the image's: the target's own, and of the stages it is FROM. */
static bool is_shipped(const struct ocib_guard *guard)
{
    const struct ocib_plan *plan = guard->build->plan;
    const struct ocib_stage *stage = ocib_plan_stage(plan, ocib_plan_target(plan));
    while (stage != guard->state->stage && stage->base == OCIB_BASE_STAGE) {
        stage = ocib_plan_stage(plan, stage->base_stage);
    }
    return stage == guard->state->stage;
}

static int refuse(const struct ocib_needle *needle, const char *where, struct ocib_error **err)
{
    ocib_error_set(err, OCIB_EBUILD, "%s has the value of the secret %s", where, needle->name);
    return ocib_error_hint_set(
        err,
        "everybody who can pull the image could read it: use it by RUN --mount=type=secret,"
        "id=%s, and let the step leave no copy",
        needle->name);
}

static int found(void *data, const struct ocib_needle *needle, struct ocib_error **err)
{
    struct ocib_guard *guard = data;
    if (is_shipped(guard)) {
        return refuse(needle, "the step's layer", err);
    }
    if (!guard->found) {
        const char *name = guard->state->stage->name;
        ocib_log(guard->build->env->log, OCIB_LOG_WARNING,
                 "a layer of the stage %s has the value of the secret %s; the image doesn't take "
                 "that layer, and the cache won't keep it",
                 name ? name : "without a name", needle->name);
    }
    guard->found = needle;
    return 0;
}

struct ocib_writer *ocib_guard_writer(struct ocib_guard *guard, struct ocib_writer *next)
{
    if (!next || !guard->needles.len) {
        return next;
    }
    struct ocib_search search = {&guard->needles, found, guard};
    return ocib_writer_search(next, &search);
}

int ocib_guard_config(struct ocib_guard *guard, struct ocib_str config, struct ocib_error **err)
{
    for (size_t i = 0; i < guard->needles.len; i++) {
        const struct ocib_needle *needle = &guard->needles.items[i];
        OCIB_AUTO_BUF struct ocib_buf quoted = {0};
        ocib_json_put_text(&quoted, needle->bytes);
        if (memmem(config.s, config.len, quoted.data + 1, quoted.len - 2)) {
            return refuse(needle, "the image's config (ENV, LABEL, or a command of the history)",
                          err);
        }
    }
    return 0;
}
