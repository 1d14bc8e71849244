#include "dockerfile/parse.h"
#include "oci/reference.h"
#include "plan/internal.h"

#include <ctype.h>

/* Stages may only use earlier ones, so their order in the file is an order to build them in, and
 * there can be no cycle. */

char *ocib_plan_lower(struct ocib_str text)
{
    char *copy = ocib_str_dup(text);
    for (char *c = copy; *c; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return copy;
}

bool ocib_plan_find_stage(const struct ocib_plan *plan, struct ocib_str name, size_t before,
                          size_t *out)
{
    OCIB_AUTO_FREE char *lower = ocib_plan_lower(name);
    uintptr_t at = (uintptr_t)ocib_map_get(plan->names, ocib_str(lower));
    while (at > before) {
        at = plan->stages.items[at - 1].same_name;
    }
    *out = at ? at - 1 : 0;
    return at > 0;
}

/* "0 (build), 1, 2 (test)" */
static void list_stages(const struct ocib_plan *plan, size_t before, struct ocib_buf *out)
{
    enum { LISTED_MAX = 12 };
    ocib_buf_init(out);
    for (size_t i = 0; i < before && i < LISTED_MAX; i++) {
        const char *name = plan->stages.items[i].stage.name;
        ocib_buf_printf(out, "%s%zu", i ? ", " : "", i);
        if (name) {
            ocib_buf_printf(out, " (%s)", name);
        }
    }
    if (before > LISTED_MAX) {
        ocib_buf_puts(out, ", …");
    }
}

static const char *nearest_stage(const struct ocib_plan *plan, size_t before, struct ocib_str name)
{
    const char **names = ocib_alloc(before + 1, sizeof(*names));
    size_t count = 0;
    for (size_t i = 0; i < before; i++) {
        if (plan->stages.items[i].stage.name) {
            names[count++] = plan->stages.items[i].stage.name;
        }
    }
    const char *nearest = ocib_str_nearest(name, names);
    free(names);
    return nearest;
}

char *ocib_plan_image_hint(const struct ocib_plan *plan, size_t index, const char *image)
{
    const char *nearest = nearest_stage(plan, index, ocib_str(image));
    if (nearest) {
        return ocib_format("did you mean the stage '%s'?", nearest);
    }
    if (index == 0) {
        return NULL;
    }
    OCIB_AUTO_BUF struct ocib_buf list = {0};
    list_stages(plan, index, &list);
    return ocib_format("no stage has this name, so it was taken for an image; the stages before "
                       "this one are %s",
                       list.data);
}

static int hint_stages(const struct ocib_plan *plan, size_t before, struct ocib_str name,
                       struct ocib_error **err)
{
    const char *nearest = nearest_stage(plan, before, name);
    if (nearest) {
        return ocib_error_hint_set(err, "did you mean '%s'?", nearest);
    }
    if (before == 0) {
        return ocib_error_hint_set(err, "there is no stage before this one");
    }
    OCIB_AUTO_BUF struct ocib_buf list = {0};
    list_stages(plan, before, &list);
    return ocib_error_hint_set(err, "the stages here are %s", list.data);
}

static int refuse_later(const struct ocib_plan *plan, size_t index, size_t other,
                        const struct ocib_arg *flag, struct ocib_error **err)
{
    if (other == index) {
        ocib_error_at(err, OCIB_EDOCKERFILE, flag->value_span,
                      "the stage '%.*s' copies from itself", OCIB_STR_ARG(flag->value));
    } else {
        ocib_error_at(err, OCIB_EDOCKERFILE, flag->value_span,
                      "the stage '%.*s' is defined further below, in line %u",
                      OCIB_STR_ARG(flag->value), plan->stages.items[other].stage.span.line);
    }
    return ocib_error_hint_set(err, "a stage can only copy from stages above it");
}

/* A mount's from= comes as a flag of that name. */
static const char *from_name(const struct ocib_arg *flag)
{
    return ocib_str_is(flag->text, "mount") ? "a mount's from=" : "--from";
}

static int check_image(const struct ocib_plan *plan, size_t index, const struct ocib_arg *flag,
                       struct ocib_error **err)
{
    struct ocib_reference reference = {0};
    struct ocib_error *why = NULL;
    int result = ocib_reference_parse(flag->value, &reference, &why);
    ocib_reference_release(&reference);
    if (result < 0) {
        ocib_error_at(err, OCIB_EDOCKERFILE, flag->value_span,
                      "'%.*s' is neither a stage nor an image: %s", OCIB_STR_ARG(flag->value),
                      ocib_error_message(why));
        hint_stages(plan, index, flag->value, err);
    }
    ocib_error_free(why);
    return result;
}

/* A --from that is a number. */
static int resolve_number(const struct ocib_plan *plan, size_t index, const struct ocib_arg *flag,
                          uint64_t number, struct ocib_error **err)
{
    if (number >= plan->stages.len) {
        ocib_error_at(err, OCIB_EDOCKERFILE, flag->value_span, "there is no stage %.*s",
                      OCIB_STR_ARG(flag->value));
        return hint_stages(plan, index, OCIB_STR(""), err);
    }
    return number >= index ? refuse_later(plan, index, (size_t)number, flag, err) : 0;
}

/* True if there is such a context: that is meant, not a stage whose place it takes. */
static bool use_context(const struct ocib_plan *plan, ptrdiff_t index, struct ocib_from *out)
{
    if (index < 0) {
        return false;
    }
    const struct ocib_named_context *context = &plan->contexts->items[index];
    out->kind = context->kind == OCIB_NAMED_IMAGE ? OCIB_FROM_IMAGE : OCIB_FROM_NAMED;
    out->image = context->kind == OCIB_NAMED_IMAGE ? context->value : NULL;
    out->context = (size_t)index;
    return true;
}

int ocib_plan_resolve_from(const struct ocib_plan *plan, size_t index, const struct ocib_arg *flag,
                           struct ocib_from *out, struct ocib_error **err)
{
    struct ocib_str name = flag->value;
    uint64_t number;
    *out = (struct ocib_from){.kind = OCIB_FROM_STAGE};
    if (name.len == 0) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, flag->span, "--from has no value");
    }
    if (ocib_str_find(name, '$') >= 0) {
        ocib_error_at(err, OCIB_EDOCKERFILE, flag->value_span, "variables are not expanded in %s",
                      from_name(flag));
        return ocib_error_hint_set(err,
                                   "add a stage 'FROM %.*s AS <name>', with an ARG before the "
                                   "first FROM, and copy from that",
                                   OCIB_STR_ARG(name));
    }
    if (ocib_plan_find_stage(plan, name, index, &out->stage)) {
        use_context(plan, plan->stages.items[out->stage].context, out);
        return 0;
    }
    bool is_number = ocib_str_uint(name, SIZE_MAX, &number);
    if (!is_number && use_context(plan, ocib_named_contexts_find(plan->contexts, name), out)) {
        return 0;
    }
    if (ocib_plan_find_stage(plan, name, plan->stages.len, &out->stage)) {
        return refuse_later(plan, index, out->stage, flag, err);
    }
    if (is_number) {
        out->stage = (size_t)number;
        int failed = resolve_number(plan, index, flag, number, err);
        use_context(plan, failed ? -1 : plan->stages.items[number].context, out);
        return failed;
    }
    out->kind = OCIB_FROM_IMAGE;
    return check_image(plan, index, flag, err);
}

int ocib_plan_find_target(struct ocib_plan *plan, const char *target, struct ocib_error **err)
{
    uint64_t number;
    if (!target) {
        plan->target = plan->stages.len - 1;
        return 0;
    }
    if (ocib_plan_find_stage(plan, ocib_str(target), plan->stages.len, &plan->target)) {
        return 0;
    }
    if (ocib_str_uint(ocib_str(target), plan->stages.len - 1, &number)) {
        plan->target = (size_t)number;
        return 0;
    }
    ocib_error_set(err, OCIB_EUSAGE, "the target stage '%s' is not in %s", target,
                   plan->file->source->name);
    return hint_stages(plan, plan->stages.len, ocib_str(target), err);
}

/* ---- which stages are needed ---- */

/* Such a copy matters only in a stage that is needed (BuildKit). */
static bool is_later(const struct ocib_plan *plan, size_t index, struct ocib_str name)
{
    size_t found;
    uint64_t number;
    if (ocib_plan_find_stage(plan, name, index, &found) ||
        ocib_named_contexts_find(plan->contexts, name) >= 0) {
        return false;
    }
    if (ocib_plan_find_stage(plan, name, plan->stages.len, &found)) {
        return found > index;
    }
    return ocib_str_uint(name, plan->stages.len - 1, &number) && number > index;
}

static int mark_flag(struct ocib_plan *plan, size_t index, const struct ocib_arg *flag, bool needed,
                     struct ocib_error **err)
{
    struct ocib_from from;
    if (!needed && is_later(plan, index, flag->value)) {
        return 0;
    }
    if (ocib_plan_resolve_from(plan, index, flag, &from, err) < 0) {
        return -1;
    }
    if (needed && from.kind == OCIB_FROM_STAGE) {
        plan->stages.items[from.stage].needed = true;
    }
    return 0;
}

static int mark_mounts(struct ocib_plan *plan, size_t index, const struct ocib_instruction *ins,
                       bool needed, struct ocib_error **err)
{
    for (size_t i = 0; i < ins->flags.len; i++) {
        OCIB_AUTO_FREE char *text = NULL;
        struct ocib_arg from;
        if (ocib_str_is(ins->flags.items[i].text, "mount") &&
            ocib_mount_from(&ins->flags.items[i], &from, &text) &&
            mark_flag(plan, index, &from, needed, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The stages that an instruction of stage `index` copies from or mounts, if any. */
static int mark_from(struct ocib_plan *plan, size_t index, const struct ocib_instruction *ins,
                     bool needed, struct ocib_error **err)
{
    if (ins->kind == OCIB_INS_RUN) {
        return mark_mounts(plan, index, ins, needed, err);
    }
    const struct ocib_arg *flag = ocib_instruction_flag(ins, "from");
    return ins->kind == OCIB_INS_COPY && flag ? mark_flag(plan, index, flag, needed, err) : 0;
}

/* What a stage needs for its base: that stage, and the stages its ONBUILD triggers copy from. */
static int mark_base(struct ocib_plan *plan, const struct ocib_stage *stage,
                     struct ocib_error **err)
{
    struct ocib_plan_stage *base = &plan->stages.items[stage->base_stage];
    base->needed = true;
    for (size_t i = base->first; i < base->end; i++) {
        const struct ocib_instruction *trigger = plan->file->instructions.items[i].trigger;
        if (trigger && mark_from(plan, stage->index, trigger, true, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int each_from(struct ocib_plan *plan, size_t index, bool needed, struct ocib_error **err)
{
    const struct ocib_plan_stage *entry = &plan->stages.items[index];
    for (size_t i = entry->first; i < entry->end; i++) {
        if (mark_from(plan, index, &plan->file->instructions.items[i], needed, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int mark_stage(struct ocib_plan *plan, size_t index, struct ocib_error **err)
{
    const struct ocib_plan_stage *entry = &plan->stages.items[index];
    if (!entry->needed) {
        return 0;
    }
    if (each_from(plan, index, true, err) < 0) {
        return -1;
    }
    return entry->stage.base == OCIB_BASE_STAGE ? mark_base(plan, &entry->stage, err) : 0;
}

static int check_syntax(const struct ocib_plan *plan, const struct ocib_plan_stage *entry,
                        struct ocib_error **err)
{
    for (size_t i = entry->first; i < entry->end; i++) {
        if (ocib_plan_check_health(&plan->file->instructions.items[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int check_stage(const struct ocib_plan *plan, const struct ocib_plan_stage *entry,
                       struct ocib_error **err)
{
    for (size_t i = entry->first; i < entry->end; i++) {
        if (ocib_plan_check_supported(plan, &plan->file->instructions.items[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Puts the stages before `end` that are needed, and those that they need, in the plan's order. */
static int add_needed(struct ocib_plan *plan, size_t end, struct ocib_error **err)
{
    /* From below: whoever needs a stage stands behind it. */
    for (size_t i = end; i-- > 0;) {
        if (!plan->stages.items[i].ordered && mark_stage(plan, i, err) < 0) {
            return -1;
        }
    }
    plan->order.len = 0;
    for (size_t i = 0; i < plan->stages.len; i++) {
        struct ocib_plan_stage *entry = &plan->stages.items[i];
        if (!entry->needed) {
            continue;
        }
        if (!entry->ordered && check_stage(plan, entry, err) < 0) {
            return -1;
        }
        entry->ordered = true;
        ocib_vec_push(&plan->order, i);
    }
    return 0;
}

int ocib_plan_order_stages(struct ocib_plan *plan, struct ocib_error **err)
{
    for (size_t i = 0; i < plan->stages.len; i++) {
        if (check_syntax(plan, &plan->stages.items[i], err) < 0 ||
            each_from(plan, i, false, err) < 0) {
            return -1;
        }
    }
    plan->stages.items[plan->target].needed = true;
    return add_needed(plan, plan->stages.len, err);
}

/* ---- triggers of base images ---- */

/* What is wrong with a trigger is said when its turn comes. */
static void mark_trigger(struct ocib_plan *plan, size_t index, const char *text)
{
    struct ocib_span at = plan->stages.items[index].stage.span;
    OCIB_AUTO(ocib_dockerfile_cleanup)
    struct ocib_dockerfile *file = ocib_dockerfile_parse_trigger(ocib_str(text), at, NULL);
    for (size_t i = 0; file && i < file->instructions.len; i++) {
        struct ocib_error *why = NULL;
        if (mark_from(plan, index, &file->instructions.items[i], true, &why) < 0) {
            ocib_error_free(why);
        }
    }
}

int ocib_plan_need_triggers(struct ocib_plan *plan, size_t index, const struct ocib_config *base,
                            bool *grown, struct ocib_error **err)
{
    size_t before = plan->order.len;
    for (size_t i = 0; i < base->onbuild.len; i++) {
        mark_trigger(plan, index, base->onbuild.items[i]);
    }
    int result = base->onbuild.len ? add_needed(plan, index, err) : 0;
    *grown = plan->order.len > before;
    return result;
}
