#include "plan/outline.h"

#include "dockerfile/comment.h"
#include "plan/internal.h"

static char *describe(const struct ocib_dockerfile *file, size_t instruction, const char *name)
{
    if (!name || instruction == SIZE_MAX) {
        return NULL;
    }
    struct ocib_str text = ocib_dockerfile_comment(file, instruction, ocib_str(name));
    return text.len ? ocib_str_dup(text) : NULL;
}

/* ---- targets ---- */

void ocib_plan_targets(const struct ocib_dockerfile *file, struct ocib_plan_targets *out)
{
    for (size_t i = 0; i < file->instructions.len; i++) {
        const struct ocib_instruction *ins = &file->instructions.items[i];
        if (ins->kind != OCIB_INS_FROM) {
            continue;
        }
        const struct ocib_arg *platform = ocib_instruction_flag(ins, "platform");
        struct ocib_plan_target *target = ocib_vec_add(out);
        target->name = ins->args.len == 3 ? ocib_plan_lower(ins->args.items[2].text) : NULL;
        target->description = describe(file, i, target->name);
        target->base = ocib_str_dup(ins->args.items[0].text);
        target->platform = platform ? ocib_str_dup(platform->value) : NULL;
        target->line = ins->span.line;
        target->end_line = ins->span.end_line;
    }
    if (out->len) {
        out->items[out->len - 1].is_default = true;
    }
}

void ocib_plan_targets_release(struct ocib_plan_targets *targets)
{
    for (size_t i = 0; i < targets->len; i++) {
        free(targets->items[i].name);
        free(targets->items[i].description);
        free(targets->items[i].base);
        free(targets->items[i].platform);
    }
    ocib_vec_release(targets);
}

/* ---- ARGs before the first FROM ---- */

struct global {
    size_t instruction;
    const struct ocib_arg *arg;
};

struct outliner {
    const struct ocib_plan *plan;
    const struct ocib_stage_ops *stages;
    struct ocib_plan_outline *out;
    struct {
        OCIB_VEC(struct global);
    } globals;
    struct ocib_map *global_names; /* name → 1 + index; a later one takes the place of an earlier */
    struct ocib_scope args;        /* names that are in the outline already */
    struct ocib_scope secrets;
    struct ocib_scope agents;
    bool *seen; /* by stage */
};

static void find_globals(struct outliner *o)
{
    const struct ocib_instructions *list = &o->plan->file->instructions;
    for (size_t i = 0; i < list->len && list->items[i].kind == OCIB_INS_ARG; i++) {
        const struct ocib_args *args = &list->items[i].args;
        for (size_t k = 0; k < args->len; k++) {
            struct global global = {i, &args->items[k]};
            ocib_vec_push(&o->globals, global);
            ocib_map_set(o->global_names, args->items[k].text, (void *)(uintptr_t)o->globals.len);
        }
    }
}

static const struct global *find_global(const struct outliner *o, struct ocib_str name)
{
    uintptr_t at = (uintptr_t)ocib_map_get(o->global_names, name);
    return at ? &o->globals.items[at - 1] : NULL;
}

/* The names that a text of the global part uses. */
struct uses {
    const struct ocib_plan *plan;
    struct ocib_scope *names;
};

static const char *note_use(const void *data, struct ocib_str name)
{
    const struct uses *uses = data;
    if (ocib_scope_has(&uses->plan->globals, name)) {
        ocib_scope_set(uses->names, name, NULL);
    }
    return ocib_scope_get(&uses->plan->globals, name);
}

/* The text was expanded before, when the plan was made: here it can't go wrong. */
static void add_uses(const struct outliner *o, struct ocib_str text, struct ocib_scope *names)
{
    struct uses uses = {o->plan, names};
    struct ocib_expand_options options = {
        .escape = o->plan->file->escape, .lookup = note_use, .data = &uses};
    struct ocib_expanded expanded = {0};
    struct ocib_error *err = NULL;
    if (ocib_expand(text, &options, &expanded, &err) < 0) {
        ocib_error_free(err);
    }
    ocib_expanded_release(&expanded);
}

/* ---- one stage ---- */

static bool note(struct ocib_scope *names, const char *name)
{
    bool is_new = !ocib_scope_has(names, ocib_str(name));
    ocib_scope_set(names, ocib_str(name), NULL);
    return is_new;
}

static struct ocib_plan_item *add_item(struct ocib_plan_items *list, const char *name,
                                       struct ocib_span instruction, struct ocib_span span)
{
    struct ocib_plan_item *item = ocib_vec_add(list);
    item->name = ocib_strdup(name);
    item->line = instruction.line;
    item->end_line = instruction.end_line;
    item->item_line = span.line;
    item->item_column = span.column;
    return item;
}

static void add_global(struct outliner *o, const struct global *global, const char *name)
{
    if (!note(&o->args, name)) {
        return;
    }
    const struct ocib_dockerfile *file = o->plan->file;
    struct ocib_plan_item *item = add_item(
        &o->out->args, name, file->instructions.items[global->instruction].span, global->arg->span);
    item->value = ocib_strdup(ocib_scope_get(&o->plan->globals, ocib_str(name)));
    item->description = describe(file, global->instruction, name);
}

static void add_declared(struct outliner *o, const struct ocib_declared_arg *arg)
{
    if (note(&o->args, arg->name)) {
        struct ocib_plan_item *item =
            add_item(&o->out->args, arg->name, arg->instruction_span, arg->span);
        item->value = ocib_strdup(arg->value);
        item->description = describe(o->plan->file, arg->instruction, arg->name);
    }
}

/* `names` grows while it is gone through: what a global ARG's value uses is used, too. */
static void add_globals(struct outliner *o, struct ocib_scope *names)
{
    for (size_t i = 0; i < names->len; i++) {
        OCIB_AUTO_FREE char *name = ocib_strdup(names->items[i].name);
        const struct global *global = find_global(o, ocib_str(name));
        if (global) {
            add_uses(o, global->arg->has_value ? global->arg->value : OCIB_STR(""), names);
            add_global(o, global, name);
        }
    }
}

static void add_args(struct outliner *o, size_t index)
{
    const struct ocib_declared_args *args = &o->stages[index].args;
    struct ocib_scope names = {0};
    const struct ocib_instruction *from =
        &o->plan->file->instructions.items[o->plan->stages.items[index].first - 1];
    const struct ocib_arg *platform = ocib_instruction_flag(from, "platform");
    add_uses(o, from->args.items[0].text, &names);
    if (platform) {
        add_uses(o, platform->value, &names);
    }
    /* Of several ARGs of a name the last one counts. */
    for (size_t i = args->len; i-- > 0;) {
        if (args->items[i].global) {
            ocib_scope_set(&names, ocib_str(args->items[i].name), NULL);
        } else {
            add_declared(o, &args->items[i]);
        }
    }
    add_globals(o, &names);
    ocib_scope_release(&names);
}

static void add_mounts(struct outliner *o, const struct ocib_op *op)
{
    const struct ocib_mounts *mounts = &op->run.mounts;
    for (size_t i = 0; i < mounts->len; i++) {
        const struct ocib_mount *mount = &mounts->items[i];
        bool secret = mount->kind == OCIB_MOUNT_SECRET;
        if ((secret || mount->kind == OCIB_MOUNT_SSH) &&
            note(secret ? &o->secrets : &o->agents, mount->id)) {
            add_item(secret ? &o->out->secrets : &o->out->agents, mount->id, op->span, mount->span)
                ->required = mount->required;
        }
    }
}

/* Recursion is bounded by the number of stages, which plan.c limits. */
static void visit(struct outliner *o, size_t index);

static void visit_op(struct outliner *o, const struct ocib_op *op)
{
    if (op->kind == OCIB_OP_COPY && op->copy.from == OCIB_FROM_STAGE) {
        visit(o, op->copy.from_stage);
    }
    for (size_t i = 0; op->kind == OCIB_OP_RUN && i < op->run.mounts.len; i++) {
        const struct ocib_mount *mount = &op->run.mounts.items[i];
        if (mount->from == OCIB_FROM_STAGE) {
            visit(o, mount->from_stage);
        }
    }
}

/* A name that several stages have is the target's, then its base's, then that of what it copies
 * from. */
static void visit(struct outliner *o, size_t index)
{
    if (o->seen[index]) {
        return;
    }
    o->seen[index] = true;
    add_args(o, index);
    const struct ocib_ops *ops = &o->stages[index].ops;
    for (size_t i = 0; i < ops->len; i++) {
        if (ops->items[i].kind == OCIB_OP_RUN) {
            add_mounts(o, &ops->items[i]);
        }
    }
    const struct ocib_stage *stage = &o->plan->stages.items[index].stage;
    if (stage->base == OCIB_BASE_STAGE) {
        visit(o, stage->base_stage);
    }
    for (size_t i = 0; i < ops->len; i++) {
        visit_op(o, &ops->items[i]);
    }
}

static int compare_items(const void *left, const void *right)
{
    const struct ocib_plan_item *a = left;
    const struct ocib_plan_item *b = right;
    if (a->item_line != b->item_line) {
        return a->item_line < b->item_line ? -1 : 1;
    }
    if (a->item_column != b->item_column) {
        return a->item_column < b->item_column ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

static void sort(struct ocib_plan_items *items)
{
    if (items->len) {
        qsort(items->items, items->len, sizeof(*items->items), compare_items);
    }
}

void ocib_plan_outline(const struct ocib_plan *plan, const struct ocib_stage_ops *stages,
                       struct ocib_plan_outline *out)
{
    const struct ocib_plan_stage *target = &plan->stages.items[plan->target];
    struct outliner o = {
        .plan = plan,
        .stages = stages,
        .out = out,
        .global_names = ocib_map_new(NULL),
        .seen = ocib_alloc(plan->stages.len, sizeof(bool)),
    };
    *out = (struct ocib_plan_outline){0};
    out->name = ocib_strdup(target->stage.name);
    out->description = describe(plan->file, target->first - 1, out->name);
    find_globals(&o);
    visit(&o, plan->target);
    sort(&out->args);
    sort(&out->secrets);
    sort(&out->agents);
    ocib_vec_release(&o.globals);
    ocib_map_free(o.global_names);
    ocib_scope_release(&o.args);
    ocib_scope_release(&o.secrets);
    ocib_scope_release(&o.agents);
    free(o.seen);
}

static void items_release(struct ocib_plan_items *items)
{
    for (size_t i = 0; i < items->len; i++) {
        free(items->items[i].name);
        free(items->items[i].value);
        free(items->items[i].description);
    }
    ocib_vec_release(items);
}

void ocib_plan_outline_release(struct ocib_plan_outline *outline)
{
    free(outline->name);
    free(outline->description);
    items_release(&outline->args);
    items_release(&outline->secrets);
    items_release(&outline->agents);
    *outline = (struct ocib_plan_outline){0};
}
