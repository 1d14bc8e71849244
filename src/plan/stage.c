#include "dockerfile/parse.h"
#include "plan/internal.h"

/* Text that the ops of one stage may hold: a large build has some MiB. */
enum { STAGE_TEXT_MAX = 64 << 20, TRIGGERS_MAX = 200 };

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct ocib_words ocib_stage_words(struct ocib_stage_builder *b)
{
    return (struct ocib_words){&b->env, b->plan->log, b->escape, &b->budget};
}

int ocib_stage_charge(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                      size_t bytes, struct ocib_error **err)
{
    if (bytes > b->budget) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, ins->span,
                             "the stage's instructions take more than %d MiB of text",
                             STAGE_TEXT_MAX >> 20);
    }
    b->budget -= bytes;
    return 0;
}

/* The instruction for a line of progress: blanks folded, cut where it gets long. */
static char *short_text(struct ocib_str text)
{
    enum { SHORT_MAX = 160 };
    struct ocib_buf out = {0};
    ocib_buf_init(&out);
    bool blank = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.s[i];
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            blank = true;
            continue;
        }
        /* Never inside a UTF-8 sequence. */
        if (out.len >= SHORT_MAX && (c & 0xc0) != 0x80) {
            ocib_buf_puts(&out, " …");
            break;
        }
        if (blank) {
            ocib_buf_putc(&out, ' ');
            blank = false;
        }
        ocib_buf_putc(&out, c);
    }
    return ocib_buf_take(&out);
}

struct ocib_op *ocib_stage_add(struct ocib_stage_builder *b, enum ocib_op_kind kind,
                               const struct ocib_instruction *ins, char *created_by)
{
    struct ocib_op *op = ocib_vec_add(&b->out->ops);
    op->kind = kind;
    op->span = ins->span;
    op->text = short_text(ins->text);
    op->created_by = created_by;
    return op;
}

/* Joins and cleans: no ".", "..", or double slash; ".." at the root stays there. */
char *ocib_stage_path(const struct ocib_stage_builder *b, const char *path)
{
    const char *cwd = b->config->working_dir ? b->config->working_dir : "";
    OCIB_AUTO_FREE char *joined = ocib_format("%s/%s", path[0] == '/' ? "" : cwd, path);
    return ocib_path_clean(ocib_str(joined));
}

static size_t list_bytes(const struct ocib_strings *list)
{
    size_t bytes = 0;
    for (size_t i = 0; i < list->len; i++) {
        bytes += strlen(list->items[i]) + 32;
    }
    return bytes;
}

static size_t text_bytes(const char *text)
{
    return text ? strlen(text) : 0;
}

/* What one line makes of what stands above it: SHELL and WORKDIR come again in each op. (The
 * environment of RUN, and the files of heredocs, are charged where they are made.) */
static size_t op_bytes(const struct ocib_op *op)
{
    return text_bytes(op->created_by) + text_bytes(op->workdir) + text_bytes(op->workdir_user) +
           list_bytes(&op->run.argv) + text_bytes(op->run.cwd) + text_bytes(op->run.user) +
           text_bytes(op->run.command) + text_bytes(op->copy.dest) + text_bytes(op->copy.chown) +
           list_bytes(&op->copy.sources);
}

static int apply(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                 struct ocib_error **err)
{
    static int (*const functions[])(struct ocib_stage_builder * b,
                                    const struct ocib_instruction *ins, struct ocib_error **err) = {
        [OCIB_INS_ADD] = ocib_stage_copy,
        [OCIB_INS_ARG] = ocib_stage_arg,
        [OCIB_INS_CMD] = ocib_stage_cmd,
        [OCIB_INS_COPY] = ocib_stage_copy,
        [OCIB_INS_ENTRYPOINT] = ocib_stage_entrypoint,
        [OCIB_INS_ENV] = ocib_stage_env,
        [OCIB_INS_EXPOSE] = ocib_stage_expose,
        [OCIB_INS_HEALTHCHECK] = ocib_stage_healthcheck,
        [OCIB_INS_LABEL] = ocib_stage_label,
        [OCIB_INS_MAINTAINER] = ocib_stage_maintainer,
        [OCIB_INS_ONBUILD] = ocib_stage_onbuild,
        [OCIB_INS_RUN] = ocib_stage_run,
        [OCIB_INS_SHELL] = ocib_stage_shell_set,
        [OCIB_INS_STOPSIGNAL] = ocib_stage_stopsignal,
        [OCIB_INS_USER] = ocib_stage_user,
        [OCIB_INS_VOLUME] = ocib_stage_volume,
        [OCIB_INS_WORKDIR] = ocib_stage_workdir,
    };
    size_t before = b->out->ops.len;
    if (functions[ins->kind](b, ins, err) < 0) {
        return -1;
    }
    bool added = b->out->ops.len > before;
    return added ? ocib_stage_charge(b, ins, op_bytes(&b->out->ops.items[before]), err) : 0;
}

/* ---- the base ---- */

/* A stage that is built from another one sees its ARGs too. */
static void inherit_args(struct ocib_stage_builder *b)
{
    const struct ocib_stage *stage = &b->plan->stages.items[b->index].stage;
    if (stage->base != OCIB_BASE_STAGE) {
        return;
    }
    const struct ocib_scope *args = b->plan->stages.items[stage->base_stage].args;
    for (size_t i = 0; i < args->len; i++) {
        struct ocib_str name = ocib_str(args->items[i].name);
        ocib_scope_set(&b->arg_names, name, NULL);
        ocib_strings_push(&b->args, name.s);
        if (args->items[i].value) {
            bool hidden = ocib_plan_is_hidden_arg(name);
            ocib_scope_set(hidden ? &b->hidden_args : &b->env, name, args->items[i].value);
        }
    }
}

/* About what a copy of a config takes. */
static size_t config_bytes(const struct ocib_config *config)
{
    size_t bytes = list_bytes(&config->env) + list_bytes(&config->labels) +
                   list_bytes(&config->cmd) + list_bytes(&config->entrypoint) +
                   list_bytes(&config->shell) + list_bytes(&config->volumes) +
                   list_bytes(&config->exposed_ports) + list_bytes(&config->onbuild) +
                   text_bytes(config->working_dir) + text_bytes(config->user);
    for (size_t i = 0; i < config->history.len; i++) {
        bytes += sizeof(config->history.items[i]) + text_bytes(config->history.items[i].created_by);
    }
    return bytes;
}

/* A chain of stages, each with a few lines of its own, hands on more and more: that grows with the
 * square of its length. */
static int charge_inherited(const struct ocib_plan *plan, size_t index,
                            const struct ocib_config *base, struct ocib_error **err)
{
    const struct ocib_stage *stage = &plan->stages.items[index].stage;
    if (stage->base != OCIB_BASE_STAGE) {
        return 0;
    }
    size_t bytes =
        config_bytes(base) + ocib_scope_bytes(plan->stages.items[stage->base_stage].args);
    if (bytes > *plan->inheritable) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, stage->span,
                             "the stages hand on more than %d MiB of text to one another",
                             OCIB_INHERITED_TEXT_MAX >> 20);
    }
    *plan->inheritable -= bytes;
    return 0;
}

static void start_from_base(struct ocib_stage_builder *b, const struct ocib_config *base)
{
    struct ocib_config *config = b->config;
    if (base) {
        ocib_config_copy(config, base);
    } else {
        ocib_platform_copy(&config->platform, &b->plan->stages.items[b->index].stage.platform);
        config->working_dir = ocib_strdup("/");
    }
    ocib_scope_add_list(&b->config_env, &config->env);
    if (!ocib_scope_get(&b->config_env, OCIB_STR("PATH"))) {
        ocib_scope_set(&b->config_env, OCIB_STR("PATH"), DEFAULT_PATH);
    }
    inherit_args(b);
    for (size_t i = 0; i < b->config_env.len; i++) {
        const struct ocib_var *var = &b->config_env.items[i];
        ocib_scope_set(&b->env, ocib_str(var->name), var->value);
    }
    ocib_scope_add_list(&b->labels, &config->labels);
    for (size_t i = 0; i < config->exposed_ports.len; i++) {
        ocib_scope_set(&b->ports, ocib_str(config->exposed_ports.items[i]), NULL);
    }
    for (size_t i = 0; i < config->volumes.len; i++) {
        ocib_scope_set(&b->volumes, ocib_str(config->volumes.items[i]), NULL);
    }
}

static int apply_trigger(struct ocib_stage_builder *b, const char *text, struct ocib_error **err)
{
    struct ocib_span at = b->plan->stages.items[b->index].stage.span;
    OCIB_AUTO(ocib_dockerfile_cleanup)
    struct ocib_dockerfile *file = ocib_dockerfile_parse_trigger(ocib_str(text), at, err);
    int result = file ? 0 : -1;
    b->escape = '\\';
    for (size_t i = 0; result == 0 && i < file->instructions.len; i++) {
        const struct ocib_instruction *ins = &file->instructions.items[i];
        result = ocib_plan_check_supported(b->plan, ins, err);
        result = result < 0 ? -1 : apply(b, ins, err);
    }
    b->escape = b->plan->file->escape;
    if (result < 0) {
        OCIB_AUTO_FREE char *shown = short_text(ocib_str(text));
        ocib_error_wrap(err, "the base's ONBUILD %s", shown);
    }
    return result;
}

/* The base's triggers run once, here: the result doesn't have them. */
static int apply_triggers(struct ocib_stage_builder *b, struct ocib_error **err)
{
    struct ocib_strings triggers = b->config->onbuild;
    b->config->onbuild = (struct ocib_strings){0};
    int result = 0;
    if (triggers.len > TRIGGERS_MAX) {
        result = ocib_error_at(err, OCIB_EDOCKERFILE, b->plan->stages.items[b->index].stage.span,
                               "the base has more than %d ONBUILD triggers", TRIGGERS_MAX);
    }
    for (size_t i = 0; result == 0 && i < triggers.len; i++) {
        result = apply_trigger(b, triggers.items[i], err);
    }
    ocib_strings_release(&triggers);
    return result;
}

/* ---- the result ---- */

static void export_names(const struct ocib_scope *scope, struct ocib_strings *out)
{
    ocib_strings_clear(out);
    for (size_t i = 0; i < scope->len; i++) {
        ocib_strings_push(out, scope->items[i].name);
    }
}

static void save_args(const struct ocib_stage_builder *b)
{
    struct ocib_scope *args = b->plan->stages.items[b->index].args;
    for (size_t i = 0; i < b->args.len; i++) {
        struct ocib_str name = ocib_str(b->args.items[i]);
        ocib_scope_set(args, name, ocib_stage_arg_value(b, name.s));
    }
}

static void finish(struct ocib_stage_builder *b)
{
    struct ocib_config *config = b->config;
    if (b->index == b->plan->target) {
        ocib_scope_add_list(&b->labels, &b->plan->labels);
        for (size_t i = 0; i < b->plan->labels.len; i++) {
            struct ocib_str label = ocib_str(b->plan->labels.items[i]);
            if (ocib_str_find(label, '=') < 0) {
                ocib_scope_set(&b->labels, label, "");
            }
        }
    }
    ocib_strings_clear(&config->env);
    ocib_scope_export(&b->config_env, &config->env);
    ocib_strings_clear(&config->labels);
    ocib_scope_export(&b->labels, &config->labels);
    export_names(&b->ports, &config->exposed_ports);
    export_names(&b->volumes, &config->volumes);
    save_args(b);
}

static void builder_release(struct ocib_stage_builder *b)
{
    ocib_scope_release(&b->env);
    ocib_scope_release(&b->config_env);
    ocib_scope_release(&b->labels);
    ocib_scope_release(&b->arg_names);
    ocib_scope_release(&b->hidden_args);
    ocib_scope_release(&b->ports);
    ocib_scope_release(&b->volumes);
    ocib_strings_release(&b->args);
}

static int apply_all(struct ocib_stage_builder *b, struct ocib_error **err)
{
    const struct ocib_plan_stage *entry = &b->plan->stages.items[b->index];
    if (apply_triggers(b, err) < 0) {
        return -1;
    }
    for (size_t i = entry->first; i < entry->end; i++) {
        b->at = i;
        if (apply(b, &b->plan->file->instructions.items[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

int ocib_plan_stage_ops(const struct ocib_plan *plan, size_t index, const struct ocib_config *base,
                        struct ocib_stage_ops *out, struct ocib_error **err)
{
    *out = (struct ocib_stage_ops){0};
    OCIB_AUTO(builder_release)
    struct ocib_stage_builder b = {
        .plan = plan,
        .index = index,
        .out = out,
        .config = &out->config,
        .escape = plan->file->escape,
        .at = SIZE_MAX,
        .budget = STAGE_TEXT_MAX,
    };
    if (charge_inherited(plan, index, base, err) < 0) {
        return -1;
    }
    start_from_base(&b, base);
    if (apply_all(&b, err) < 0) {
        ocib_stage_ops_release(out);
        return -1;
    }
    finish(&b);
    return 0;
}

static void op_release(struct ocib_op *op)
{
    free(op->text);
    free(op->created_by);
    free(op->workdir);
    free(op->workdir_user);
    ocib_run_op_release(&op->run);
    ocib_copy_op_release(&op->copy);
}

void ocib_stage_ops_release(struct ocib_stage_ops *ops)
{
    for (size_t i = 0; i < ops->ops.len; i++) {
        op_release(&ops->ops.items[i]);
    }
    ocib_vec_release(&ops->ops);
    for (size_t i = 0; i < ops->args.len; i++) {
        free(ops->args.items[i].name);
        free(ops->args.items[i].value);
    }
    ocib_vec_release(&ops->args);
    ocib_config_release(&ops->config);
    *ops = (struct ocib_stage_ops){0};
}
