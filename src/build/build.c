#include "build/build.h"

#include "base/mem.h"
#include "build/check.h"
#include "build/copied.h"
#include "build/export.h"
#include "build/input.h"
#include "build/stage.h"
#include "build/step.h"
#include "dockerfile/parse.h"
#include "oci/reference.h"

#include <time.h>

static int64_t clock_nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void ocib_build_release(struct ocib_build *build)
{
    for (size_t i = 0; i < build->stage_count; i++) {
        ocib_stage_ops_release(&build->stages[i].planned);
        ocib_stage_ops_release(&build->stages[i].base);
        ocib_layers_release(&build->stages[i].layers);
        ocib_config_release(&build->stages[i].config);
        ocib_copied_free(build->stages[i].copied);
    }
    free(build->stages);
    ocib_plan_free(build->plan);
    ocib_dockerfile_free(build->file);
    if (build->input) {
        ocib_build_input_release(build->input);
        free(build->input);
    }
    ocib_build_release_contexts(build);
    ocib_outputs_release(&build->outputs);
    ocib_annotations_release(&build->annotations);
    ocib_platform_release(&build->platform);
}

/* --- reading ------------------------------------------------------------------------------------
 */

int ocib_build_make_plan(struct ocib_build *build, struct ocib_error **err)
{
    const struct ocib_build_request *request = build->request;
    if (request->platform) {
        ocib_platform_copy(&build->platform, request->platform);
    } else {
        ocib_platform_host(&build->platform);
    }
    struct ocib_plan_options options = {
        .build_args = request->build_args,
        .target = request->target,
        .target_platform = &build->platform,
        .labels = request->labels,
        .granted = &request->settings->granted,
        .contexts = &build->contexts,
        .log = build->env->log,
    };
    build->plan = ocib_plan_new(build->file, &options, err);
    if (!build->plan) {
        return -1;
    }
    build->stage_count = ocib_plan_stage_count(build->plan);
    build->stages = ocib_alloc(build->stage_count, sizeof(*build->stages));
    return 0;
}

int ocib_build_read(struct ocib_build *build, struct ocib_error **err)
{
    return ocib_build_read_file(build, err) || ocib_build_make_plan(build, err) ? -1 : 0;
}

/* --- stages --------------------------------------------------------------------------------------
 */

static int start_from_image(struct ocib_build *build, struct ocib_stage_state *state,
                            struct ocib_error **err)
{
    struct ocib_tree_source base = {0};
    const struct ocib_stage *stage = state->stage;
    if (ocib_build_image(build, stage->index, stage->base_image, stage->base_span, &base, err) <
        0) {
        ocib_tree_source_release(&base);
        return -1;
    }
    state->layers = base.layers;
    state->config = base.config;
    return 0;
}

/* What the stage starts from: layers, and the config in state->config (nothing of it for scratch).
 */
static int start_stage(struct ocib_build *build, struct ocib_stage_state *state,
                       struct ocib_error **err)
{
    const struct ocib_stage *stage = state->stage;
    if (stage->base == OCIB_BASE_IMAGE) {
        return start_from_image(build, state, err);
    }
    if (stage->base == OCIB_BASE_STAGE) {
        const struct ocib_stage_state *from = &build->stages[stage->base_stage];
        ocib_layers_copy(&state->layers, &from->layers);
        ocib_config_copy(&state->config, &from->config);
        state->created = from->created;
    }
    return 0;
}

/* The planned config takes the place of the base's; diff IDs and history are appended to as steps
 * go. */
static int plan_stage(struct ocib_build *build, struct ocib_stage_state *state,
                      struct ocib_error **err)
{
    enum ocib_base_kind base = state->stage->base;
    bool none = base == OCIB_BASE_SCRATCH || base == OCIB_BASE_NAMED;
    if (ocib_plan_stage_ops(build->plan, state->stage->index, none ? NULL : &state->config,
                            &state->planned, err) < 0) {
        return -1;
    }
    struct ocib_config config = {0};
    ocib_config_copy(&config, &state->planned.config);
    ocib_config_release(&state->config);
    state->config = config;
    if (!state->config.platform.os) {
        ocib_platform_copy(&state->config.platform, &state->stage->platform);
    }
    return 0;
}

static void add_config_history(struct ocib_build *build, struct ocib_stage_state *state,
                               const struct ocib_op *op)
{
    struct ocib_history *history = ocib_config_add_history(&state->config);
    int64_t created = state->created;
    if (created) {
        history->created = ocib_time_format(created);
    } else if (state->config.created) {
        history->created = ocib_strdup(state->config.created);
    } else if (build->request->has_epoch) {
        history->created = ocib_time_format(build->request->epoch);
    }
    history->created_by = ocib_strdup(op->created_by);
    history->comment = ocib_strdup("ocib");
    history->empty_layer = true;
}

static int do_op(struct ocib_layer_step *step, struct ocib_error **err)
{
    step->plain = -1;
    switch (step->op->kind) {
    case OCIB_OP_CONFIG:
        add_config_history(step->build, step->state, step->op);
        return 0;
    case OCIB_OP_WORKDIR:
        return ocib_step_workdir(step, err);
    case OCIB_OP_RUN:
        return ocib_step_run(step, err);
    case OCIB_OP_COPY:
        return ocib_step_copy(step, err);
    }
    return ocib_error_set(err, OCIB_EINTERNAL, "unknown kind of step");
}

static int run_op(struct ocib_build *build, struct ocib_stage_state *state, size_t index,
                  struct ocib_error **err)
{
    const struct ocib_op *op = &state->planned.ops.items[index];
    const struct ocib_progress *progress = build->env->progress;
    struct ocib_step_info info = {
        .id = ++build->next_id,
        .number = (unsigned)index + 1,
        .count = (unsigned)state->planned.ops.len,
        .stage = state->stage->name ? state->stage->name : "",
        .text = op->text,
        .span = op->span,
    };
    struct ocib_layer_step step = {.build = build, .state = state, .op = op, .info = &info};
    int64_t start = clock_nanoseconds();
    if (ocib_build_check_interrupt(build, err) < 0) {
        return -1;
    }
    if (progress) {
        progress->begin(progress->data, &info);
    }
    if (do_op(&step, err) < 0) {
        return ocib_error_place_at(err, op->span);
    }
    if (progress) {
        progress->end(progress->data, &info, step.cached, clock_nanoseconds() - start, step.plain);
    }
    return 0;
}

/* --no-cache, and --no-cache-filter by the stage's name, whatever its case (BuildKit). */
static bool is_uncached(const struct ocib_build *build, const struct ocib_stage *stage)
{
    const struct ocib_strings *names = build->request->no_cache_stages;
    bool found = build->request->no_cache;
    for (size_t i = 0; stage->name && i < names->len; i++) {
        found = found || ocib_str_is_nocase(ocib_str(stage->name), names->items[i]);
    }
    return found;
}

/* The base is there; *wait if its triggers need stages that nothing else has asked for so far. */
static int begin_stage(struct ocib_build *build, size_t index, bool *wait, struct ocib_error **err)
{
    struct ocib_stage_state *state = &build->stages[index];
    state->stage = ocib_plan_stage(build->plan, index);
    state->no_cache = is_uncached(build, state->stage);
    if (start_stage(build, state, err) < 0) {
        return -1;
    }
    *wait = false;
    return state->stage->base == OCIB_BASE_IMAGE
               ? ocib_plan_need_triggers(build->plan, index, &state->config, wait, err)
               : 0;
}

static int build_stage(struct ocib_build *build, size_t index, struct ocib_error **err)
{
    struct ocib_stage_state *state = &build->stages[index];
    bool wait = false;
    if (!state->stage && begin_stage(build, index, &wait, err) < 0) {
        return -1;
    }
    if (wait) {
        return 0;
    }
    if (plan_stage(build, state, err) < 0 ||
        (state->stage->base == OCIB_BASE_NAMED && ocib_build_base_tree(build, state, err) < 0)) {
        return -1;
    }
    state->base_layers = state->layers.len;
    for (size_t i = 0; i < state->planned.ops.len; i++) {
        if (run_op(build, state, i, err) < 0) {
            return -1;
        }
    }
    state->done = true;
    return 0;
}

/* The first stage of the order that is not done: the order grows on the way. */
static bool next_stage(const struct ocib_build *build, size_t *index)
{
    size_t count;
    const size_t *order = ocib_plan_order(build->plan, &count);
    for (size_t i = 0; i < count; i++) {
        *index = order[i];
        if (!build->stages[order[i]].done) {
            return true;
        }
    }
    return false;
}

static int build_stages(struct ocib_build *build, struct ocib_error **err)
{
    size_t index;
    while (next_stage(build, &index)) {
        if (build_stage(build, index, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static void warn_unused_args(struct ocib_build *build)
{
    OCIB_AUTO_STRINGS struct ocib_strings unused = {0};
    ocib_plan_unused_args(build->plan, &unused);
    for (size_t i = 0; i < unused.len; i++) {
        OCIB_AUTO_FREE char *near = ocib_plan_nearest_arg(build->plan, unused.items[i]);
        ocib_log(build->env->log, OCIB_LOG_WARNING,
                 "the build arg %s is not declared by any ARG that was reached%s%s%s",
                 unused.items[i], near ? ": did you mean " : "", near ? near : "", near ? "?" : "");
    }
}

/* Of --no-cache-filter; BuildKit takes no notice of such names. */
static void warn_unknown_stages(const struct ocib_build *build)
{
    const struct ocib_strings *names = build->request->no_cache_stages;
    for (size_t i = 0; i < names->len; i++) {
        bool found = false;
        for (size_t k = 0; k < build->stage_count; k++) {
            const char *name = ocib_plan_stage(build->plan, k)->name;
            found = found || (name && ocib_str_is_nocase(ocib_str(name), names->items[i]));
        }
        if (!found) {
            ocib_log(build->env->log, OCIB_LOG_WARNING,
                     "--no-cache-filter names '%s', which is no stage", names->items[i]);
        }
    }
}

/* --- the whole
 * ------------------------------------------------------------------------------------- */

/* Without a sandbox no RUN works: said before anything is pulled. */
static int check_sandbox(struct ocib_build *build, struct ocib_error **err)
{
    const struct ocib_sandbox *sandbox = build->env->sandbox;
    struct ocib_span span;
    if (ocib_sandbox_mode(sandbox) != OCIB_SANDBOX_NONE ||
        !ocib_plan_first_run(build->plan, &span)) {
        return 0;
    }
    ocib_error_at(err, OCIB_ESANDBOX, span, "this machine can't run build steps");
    const char *why = ocib_sandbox_why(sandbox);
    return why ? ocib_error_hint_set(err, "%s", why) : -1;
}

static void fill_outcome(const struct ocib_build *build, const struct ocib_stage_state *state,
                         const struct ocib_built_image *image, struct ocib_build_outcome *out)
{
    *out = (struct ocib_build_outcome){
        .manifest = image->manifest.digest,
        .config = image->config.digest,
        .layers = state->layers.len,
        .steps = build->steps,
        .cached = build->cached,
    };
    for (size_t i = 0; i < state->layers.len; i++) {
        out->size += state->layers.items[i].blob.size;
        out->new_bytes += state->layers.items[i].is_new ? state->layers.items[i].blob.size : 0;
    }
    struct ocib_reference ref = {0};
    if (build->request->tags->len &&
        ocib_reference_parse(ocib_str(build->request->tags->items[0]), &ref, NULL) == 0) {
        out->name = ocib_reference_full(&ref);
    }
    ocib_reference_release(&ref);
}

/* A bad tag is said before the build, not after it. */
static int check_tags(const struct ocib_build_request *request, struct ocib_error **err)
{
    for (size_t i = 0; i < request->tags->len; i++) {
        struct ocib_reference ref = {0};
        int failed = ocib_reference_parse(ocib_str(request->tags->items[i]), &ref, err);
        if (!failed && ocib_digest_is_set(&ref.digest)) {
            failed = ocib_error_set(err, OCIB_EUSAGE, "the tag %s has a digest",
                                    request->tags->items[i]);
        }
        ocib_reference_release(&ref);
        if (failed) {
            return -1;
        }
    }
    return 0;
}

static int build_image(struct ocib_build *build, struct ocib_build_outcome *out,
                       struct ocib_error **err)
{
    if (build_stages(build, err) < 0) {
        return -1;
    }
    struct ocib_stage_state *state = &build->stages[ocib_plan_target(build->plan)];
    struct ocib_built_image image = {0};
    int failed =
        ocib_image_finish(build, state, &image, err) || ocib_export(build, state, &image, err);
    if (!failed) {
        fill_outcome(build, state, &image, out);
        warn_unused_args(build);
    }
    ocib_built_image_release(&image);
    return failed ? -1 : 0;
}

int ocib_build_run(const struct ocib_build_env *env, const struct ocib_build_request *request,
                   struct ocib_build_outcome *out, struct ocib_error **err)
{
    OCIB_AUTO(ocib_build_release) struct ocib_build build = {.env = env, .request = request};
    if (check_tags(request, err) < 0 ||
        ocib_outputs_parse(request->outputs, &build.outputs, err) < 0 ||
        ocib_outputs_compression(&build.outputs, &build.compress, err) < 0 ||
        ocib_build_read(&build, err) < 0 ||
        ocib_annotations_parse(request->annotations, &build.platform, &build.annotations, err) <
            0 ||
        check_sandbox(&build, err) < 0 || ocib_build_check_before(&build, err) < 0) {
        return -1;
    }
    warn_unknown_stages(&build);
    int failed = build_image(&build, out, err);
    ocib_build_check_after(&build);
    return failed;
}
