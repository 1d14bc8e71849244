#include "plan/plan.h"

#include "plan/internal.h"

enum { STAGES_MAX = 1000, GLOBAL_TEXT_MAX = 16 << 20 };

static void stage_release(struct ocib_stage *stage)
{
    free(stage->name);
    free(stage->base_image);
    ocib_platform_release(&stage->platform);
}

void ocib_plan_free(struct ocib_plan *plan)
{
    if (!plan) {
        return;
    }
    for (size_t i = 0; i < plan->stages.len; i++) {
        stage_release(&plan->stages.items[i].stage);
        if (plan->stages.items[i].args) {
            ocib_scope_release(plan->stages.items[i].args);
            free(plan->stages.items[i].args);
        }
    }
    ocib_vec_release(&plan->stages);
    ocib_vec_release(&plan->order);
    free(plan->inheritable);
    ocib_map_free(plan->names);
    ocib_scope_release(&plan->build_args);
    ocib_scope_release(&plan->globals);
    ocib_strings_release(&plan->labels);
    ocib_platform_release(&plan->target_platform);
    ocib_platform_release(&plan->build_platform);
    free(plan);
}

size_t ocib_plan_stage_count(const struct ocib_plan *plan)
{
    return plan->stages.len;
}

const struct ocib_stage *ocib_plan_stage(const struct ocib_plan *plan, size_t index)
{
    return &plan->stages.items[index].stage;
}

size_t ocib_plan_target(const struct ocib_plan *plan)
{
    return plan->target;
}

const size_t *ocib_plan_order(const struct ocib_plan *plan, size_t *count)
{
    *count = plan->order.len;
    return plan->order.items;
}

bool ocib_plan_first_run(const struct ocib_plan *plan, struct ocib_span *span)
{
    for (size_t i = 0; i < plan->stages.len; i++) {
        const struct ocib_plan_stage *stage = &plan->stages.items[i];
        for (size_t k = stage->first; stage->needed && k < stage->end; k++) {
            if (plan->file->instructions.items[k].kind == OCIB_INS_RUN) {
                *span = plan->file->instructions.items[k].span;
                return true;
            }
        }
    }
    return false;
}

/* ---- global variables ---- */

static void set_global(struct ocib_plan *plan, const char *prefix, const char *name,
                       const char *value)
{
    OCIB_AUTO_FREE char *whole = ocib_format("%s%s", prefix, name);
    const char *given = ocib_scope_get(&plan->build_args, ocib_str(whole));
    ocib_scope_set(&plan->globals, ocib_str(whole), given ? given : value ? value : "");
}

static void set_platform_args(struct ocib_plan *plan, const char *prefix,
                              const struct ocib_platform *platform)
{
    OCIB_AUTO_FREE char *whole = ocib_platform_format(platform);
    set_global(plan, prefix, "PLATFORM", whole);
    set_global(plan, prefix, "OS", platform->os);
    set_global(plan, prefix, "ARCH", platform->architecture);
    set_global(plan, prefix, "VARIANT", platform->variant);
}

static struct ocib_words global_words(struct ocib_plan *plan)
{
    return (struct ocib_words){&plan->globals, plan->log, plan->file->escape, &plan->budget};
}

static int read_global_arg(struct ocib_plan *plan, const struct ocib_arg *arg,
                           struct ocib_error **err)
{
    const char *given = ocib_scope_get(&plan->build_args, arg->text);
    if (given || !arg->has_value) {
        ocib_scope_set(&plan->globals, arg->text, given);
        return 0;
    }
    struct ocib_words words = global_words(plan);
    OCIB_AUTO_FREE char *value = ocib_words_expand_at(&words, arg->value, arg->value_span, err);
    if (!value) {
        return -1;
    }
    ocib_scope_set(&plan->globals, arg->text, value);
    return 0;
}

/* The ARGs before the first FROM; *at is left at that. */
static int read_globals(struct ocib_plan *plan, size_t *at, struct ocib_error **err)
{
    const struct ocib_instructions *list = &plan->file->instructions;
    for (; *at < list->len && list->items[*at].kind == OCIB_INS_ARG; ++*at) {
        const struct ocib_args *args = &list->items[*at].args;
        for (size_t i = 0; i < args->len; i++) {
            if (read_global_arg(plan, &args->items[i], err) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

/* ---- FROM ---- */

static int read_platform(struct ocib_plan *plan, const struct ocib_instruction *from,
                         struct ocib_stage *stage, struct ocib_error **err)
{
    const struct ocib_arg *flag = ocib_instruction_flag(from, "platform");
    /* An empty value counts as none (BuildKit), other than a variable that is empty. */
    if (!flag || flag->value.len == 0) {
        const struct ocib_platform *inherited =
            stage->base == OCIB_BASE_STAGE ? &plan->stages.items[stage->base_stage].stage.platform
                                           : &plan->target_platform;
        ocib_platform_copy(&stage->platform, inherited);
        return 0;
    }
    struct ocib_words words = global_words(plan);
    OCIB_AUTO_FREE char *text = ocib_words_expand_at(&words, flag->value, flag->value_span, err);
    if (!text) {
        return -1;
    }
    if (text[0] == '\0') {
        ocib_error_at(err, OCIB_EDOCKERFILE, flag->value_span,
                      "the platform '%.*s' comes out empty", OCIB_STR_ARG(flag->value));
        return ocib_error_hint_set(err, "give the variable a value by an ARG before the first "
                                        "FROM, or with --build-arg");
    }
    if (ocib_platform_parse(ocib_str(text), &stage->platform, err) < 0) {
        ocib_error_code_set(err, OCIB_EDOCKERFILE);
        return ocib_error_place_at(err, flag->value_span);
    }
    return 0;
}

/* What a context stands for; -1: there is none. */
static void set_base_context(const struct ocib_plan *plan, struct ocib_stage *stage,
                             ptrdiff_t context)
{
    if (context < 0) {
        return;
    }
    const struct ocib_named_context *named = &plan->contexts->items[context];
    free(stage->base_image);
    stage->base_image = named->kind == OCIB_NAMED_IMAGE ? ocib_strdup(named->value) : NULL;
    stage->base_context = (size_t)context;
    stage->base = named->kind == OCIB_NAMED_IMAGE     ? OCIB_BASE_IMAGE
                  : named->kind == OCIB_NAMED_SCRATCH ? OCIB_BASE_SCRATCH
                                                      : OCIB_BASE_NAMED;
}

static int read_base(struct ocib_plan *plan, const struct ocib_arg *image, struct ocib_stage *stage,
                     struct ocib_error **err)
{
    struct ocib_words words = global_words(plan);
    OCIB_AUTO_FREE char *name = ocib_words_expand(&words, image, err);
    if (!name) {
        return -1;
    }
    stage->base_span = image->span;
    if (name[0] == '\0') {
        ocib_error_at(err, OCIB_EDOCKERFILE, image->span, "the image name '%.*s' comes out empty",
                      OCIB_STR_ARG(image->text));
        return ocib_error_hint_set(err, "give the variable a value by an ARG before the first "
                                        "FROM, or with --build-arg");
    }
    if (strcmp(name, "scratch") == 0) {
        stage->base = OCIB_BASE_SCRATCH;
    } else if (ocib_plan_find_stage(plan, ocib_str(name), stage->index, &stage->base_stage)) {
        stage->base = OCIB_BASE_STAGE;
    } else {
        ptrdiff_t context = ocib_named_contexts_find(plan->contexts, ocib_str(name));
        stage->base = OCIB_BASE_IMAGE;
        stage->base_image = ocib_steal(&name);
        set_base_context(plan, stage, context);
    }
    return 0;
}

/* A context of the stage's name takes its place: nothing of it is looked at (BuildKit). */
static void replace_stage(const struct ocib_plan *plan, struct ocib_plan_stage *entry)
{
    entry->context = ocib_named_contexts_find(plan->contexts, ocib_str(entry->stage.name));
    set_base_context(plan, &entry->stage, entry->context);
}

static int read_from(struct ocib_plan *plan, const struct ocib_instruction *from,
                     struct ocib_error **err)
{
    if (plan->stages.len == STAGES_MAX) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, from->span, "more than %d stages", STAGES_MAX);
    }
    struct ocib_plan_stage *entry = ocib_vec_add(&plan->stages);
    struct ocib_stage *stage = &entry->stage;
    entry->args = ocib_new(struct ocib_scope);
    entry->context = -1;
    stage->index = plan->stages.len - 1;
    stage->span = from->span;
    if (read_base(plan, &from->args.items[0], stage, err) < 0 ||
        read_platform(plan, from, stage, err) < 0) {
        return -1;
    }
    if (from->args.len == 3) {
        stage->name = ocib_plan_lower(from->args.items[2].text);
        struct ocib_str name = ocib_str(stage->name);
        entry->same_name = (uintptr_t)ocib_map_get(plan->names, name);
        if (entry->same_name) {
            ocib_log_at(plan->log, OCIB_LOG_DEBUG, from->args.items[2].span,
                        "the stage name %s is taken already, by line %u", stage->name,
                        plan->stages.items[entry->same_name - 1].stage.span.line);
        }
        ocib_map_set(plan->names, name, (void *)(uintptr_t)plan->stages.len);
        replace_stage(plan, entry);
    }
    return 0;
}

static int read_stages(struct ocib_plan *plan, struct ocib_error **err)
{
    const struct ocib_instructions *list = &plan->file->instructions;
    size_t i = 0;
    if (read_globals(plan, &i, err) < 0) {
        return -1;
    }
    for (; i < list->len; i++) {
        if (list->items[i].kind == OCIB_INS_FROM) {
            if (read_from(plan, &list->items[i], err) < 0) {
                return -1;
            }
            plan->stages.items[plan->stages.len - 1].first = i + 1;
        }
        struct ocib_plan_stage *stage = &plan->stages.items[plan->stages.len - 1];
        stage->end = stage->context < 0 ? i + 1 : stage->first;
    }
    return 0;
}

static void take_options(struct ocib_plan *plan, const struct ocib_plan_options *options)
{
    static const struct ocib_entitlements all = {true, true};
    plan->log = options->log;
    plan->granted = options->granted ? *options->granted : all;
    plan->contexts = options->contexts;
    plan->budget = GLOBAL_TEXT_MAX;
    plan->inheritable = ocib_new(size_t);
    *plan->inheritable = OCIB_INHERITED_TEXT_MAX;
    if (options->build_args) {
        ocib_scope_add_list(&plan->build_args, options->build_args);
    }
    if (options->labels) {
        ocib_strings_copy(&plan->labels, options->labels);
    }
    if (options->target_platform) {
        ocib_platform_copy(&plan->target_platform, options->target_platform);
    } else {
        ocib_platform_host(&plan->target_platform);
    }
    if (options->build_platform) {
        ocib_platform_copy(&plan->build_platform, options->build_platform);
    } else {
        ocib_platform_host(&plan->build_platform);
    }
    set_platform_args(plan, "TARGET", &plan->target_platform);
    set_platform_args(plan, "BUILD", &plan->build_platform);
    set_global(plan, "TARGET", "STAGE", options->target ? options->target : "default");
}

struct ocib_plan *ocib_plan_new(const struct ocib_dockerfile *file,
                                const struct ocib_plan_options *options, struct ocib_error **err)
{
    OCIB_AUTO(ocib_plan_cleanup) struct ocib_plan *plan = ocib_new(struct ocib_plan);
    plan->file = file;
    plan->names = ocib_map_new(NULL);
    take_options(plan, options);
    if (read_stages(plan, err) < 0 || ocib_plan_find_target(plan, options->target, err) < 0 ||
        ocib_plan_order_stages(plan, err) < 0) {
        return NULL;
    }
    return ocib_steal(&plan);
}

const char *ocib_plan_global(const struct ocib_plan *plan, struct ocib_str name, bool *declared)
{
    if (declared) {
        *declared = ocib_scope_has(&plan->globals, name);
    }
    return ocib_scope_get(&plan->globals, name);
}

const char *ocib_plan_build_arg(const struct ocib_plan *plan, struct ocib_str name)
{
    return ocib_scope_get(&plan->build_args, name);
}

/* ---- unused build args ---- */

static void declare(struct ocib_scope *declared, const struct ocib_instruction *ins)
{
    for (size_t i = 0; ins->kind == OCIB_INS_ARG && i < ins->args.len; i++) {
        ocib_scope_set(declared, ins->args.items[i].text, NULL);
    }
}

/* Those that mean something without an ARG. */
static bool is_predefined(const char *name)
{
    static const char *const known[] = {"http_proxy",
                                        "https_proxy",
                                        "ftp_proxy",
                                        "no_proxy",
                                        "all_proxy",
                                        "source_date_epoch",
                                        "buildkit_sandbox_hostname",
                                        "buildkit_context_keep_git_dir"};
    for (size_t i = 0; i < OCIB_COUNT(known); i++) {
        if (ocib_str_is_nocase(ocib_str(name), known[i])) {
            return true;
        }
    }
    return ocib_str_starts(ocib_str(name), "BUILDKIT_");
}

/* The ARGs that the target can see, in the order of the file. */
static void declare_all(const struct ocib_plan *plan, struct ocib_scope *out)
{
    const struct ocib_instructions *list = &plan->file->instructions;
    for (size_t i = 0; i < plan->globals.len; i++) {
        ocib_scope_set(out, ocib_str(plan->globals.items[i].name), NULL);
    }
    for (size_t i = 0; i < plan->order.len; i++) {
        const struct ocib_plan_stage *entry = &plan->stages.items[plan->order.items[i]];
        for (size_t k = entry->first; k < entry->end; k++) {
            declare(out, &list->items[k]);
            if (list->items[k].trigger) {
                declare(out, list->items[k].trigger);
            }
        }
    }
}

void ocib_plan_unused_args(const struct ocib_plan *plan, struct ocib_strings *out)
{
    struct ocib_scope declared = {0};
    declare_all(plan, &declared);
    for (size_t i = 0; i < plan->build_args.len; i++) {
        const char *name = plan->build_args.items[i].name;
        if (!ocib_scope_has(&declared, ocib_str(name)) && !is_predefined(name)) {
            ocib_strings_push(out, name);
        }
    }
    ocib_scope_release(&declared);
}

char *ocib_plan_nearest_arg(const struct ocib_plan *plan, const char *name)
{
    struct ocib_scope declared = {0};
    declare_all(plan, &declared);
    const char **names = ocib_alloc(declared.len + 1, sizeof(*names));
    for (size_t i = 0; i < declared.len; i++) {
        names[i] = declared.items[i].name;
    }
    char *nearest = ocib_strdup(ocib_str_nearest(ocib_str(name), names));
    free(names);
    ocib_scope_release(&declared);
    return nearest;
}
