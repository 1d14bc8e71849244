#include "plan/internal.h"

#include <limits.h>

/* The instructions that change the image's config and nothing else. */

static void replace(char **slot, const char *value)
{
    free(*slot);
    *slot = ocib_strdup(value);
}

static char *expand_text(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                         struct ocib_error **err)
{
    struct ocib_words words = ocib_stage_words(b);
    return ocib_words_expand(&words, &ins->args.items[0], err);
}

/* ---- ENV, LABEL, ARG ---- */

struct pairs {
    struct ocib_strings names;
    struct ocib_strings values;
};

static void pairs_release(struct pairs *pairs)
{
    ocib_strings_release(&pairs->names);
    ocib_strings_release(&pairs->values);
}

static int expand_pair(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                       const struct ocib_arg *arg, struct pairs *out, struct ocib_error **err)
{
    struct ocib_words words = ocib_stage_words(b);
    char *name = ocib_words_expand(&words, arg, err);
    if (!name) {
        return -1;
    }
    ocib_strings_take(&out->names, name);
    char *value = ocib_words_expand_at(&words, arg->value, arg->value_span, err);
    if (!value) {
        return -1;
    }
    ocib_strings_take(&out->values, value);
    if (name[0] == '\0' || strchr(name, '=')) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, arg->span, "%s: '%.80s' can't be a name",
                             ocib_instruction_name(ins->kind), name);
    }
    return 0;
}

/* All of a line, with the variables as they were before it. */
static int expand_pairs(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                        struct pairs *out, struct ocib_error **err)
{
    for (size_t i = 0; i < ins->args.len; i++) {
        if (expand_pair(b, ins, &ins->args.items[i], out, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static char *pairs_text(const char *instruction, const struct pairs *pairs)
{
    struct ocib_buf text = {0};
    ocib_buf_puts(&text, instruction);
    for (size_t i = 0; i < pairs->names.len; i++) {
        ocib_buf_printf(&text, " %s=%s", pairs->names.items[i], pairs->values.items[i]);
    }
    return ocib_buf_take(&text);
}

static int set_pairs(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                     struct ocib_scope *first, struct ocib_scope *second, struct ocib_error **err)
{
    OCIB_AUTO(pairs_release) struct pairs pairs = {0};
    if (expand_pairs(b, ins, &pairs, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < pairs.names.len; i++) {
        struct ocib_str name = ocib_str(pairs.names.items[i]);
        ocib_scope_set(first, name, pairs.values.items[i]);
        if (second) {
            ocib_scope_set(second, name, pairs.values.items[i]);
        }
    }
    ocib_stage_add(b, OCIB_OP_CONFIG, ins, pairs_text(ocib_instruction_name(ins->kind), &pairs));
    return 0;
}

int ocib_stage_env(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                   struct ocib_error **err)
{
    return set_pairs(b, ins, &b->env, &b->config_env, err);
}

int ocib_stage_label(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                     struct ocib_error **err)
{
    return set_pairs(b, ins, &b->labels, NULL, err);
}

/* The value of an ARG: the build arg's, its default, or the global one's. NULL in *out: none. */
static int arg_value(struct ocib_stage_builder *b, const struct ocib_arg *arg, char **out,
                     struct ocib_error **err)
{
    const char *given = ocib_scope_get(&b->plan->build_args, arg->text);
    if (given || !arg->has_value) {
        *out = ocib_strdup(given ? given : ocib_scope_get(&b->plan->globals, arg->text));
        return 0;
    }
    struct ocib_words words = ocib_stage_words(b);
    *out = ocib_words_expand_at(&words, arg->value, arg->value_span, err);
    return *out ? 0 : -1;
}

bool ocib_plan_is_hidden_arg(struct ocib_str name)
{
    return ocib_str_is(name, "BUILDKIT_SBOM_SCAN_STAGE") ||
           ocib_str_is(name, "BUILDKIT_SBOM_SCAN_CONTEXT");
}

const char *ocib_stage_arg_value(const struct ocib_stage_builder *b, const char *name)
{
    const char *hidden = ocib_scope_get(&b->hidden_args, ocib_str(name));
    return hidden ? hidden : ocib_scope_get(&b->env, ocib_str(name));
}

/* As for Docker, nothing is expanded in the name of an ARG, and its quotes are part of it. */
static void warn_of_name(const struct ocib_stage_builder *b, const struct ocib_arg *arg)
{
    for (size_t i = 0; i < arg->text.len; i++) {
        if (strchr("\"'$\\`", arg->text.s[i])) {
            ocib_log_at(b->plan->log, OCIB_LOG_WARNING, arg->span,
                        "the name of an ARG is taken as written, with quotes and variables");
            return;
        }
    }
}

static void keep_arg(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                     const struct ocib_arg *arg, const char *value)
{
    struct ocib_declared_arg *kept = ocib_vec_add(&b->out->args);
    kept->name = ocib_str_dup(arg->text);
    kept->value = ocib_strdup(value);
    kept->global = value && !arg->has_value && !ocib_scope_get(&b->plan->build_args, arg->text);
    kept->instruction = b->at;
    kept->instruction_span = ins->span;
    kept->span = arg->span;
}

static int declare_arg(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                       const struct ocib_arg *arg, struct ocib_buf *text, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *value = NULL;
    if (arg_value(b, arg, &value, err) < 0) {
        return -1;
    }
    warn_of_name(b, arg);
    keep_arg(b, ins, arg, value);
    if (!ocib_scope_has(&b->arg_names, arg->text)) {
        ocib_scope_set(&b->arg_names, arg->text, NULL);
        ocib_strings_push_str(&b->args, arg->text);
    }
    ocib_buf_printf(text, " %.*s", OCIB_STR_ARG(arg->text));
    if (value) {
        bool hidden = ocib_plan_is_hidden_arg(arg->text);
        ocib_scope_set(hidden ? &b->hidden_args : &b->env, arg->text, value);
        ocib_buf_printf(text, "=%s", value);
    }
    return 0;
}

/* Unlike ENV, each ARG of a line sees those before it. */
int ocib_stage_arg(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                   struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "ARG");
    for (size_t i = 0; i < ins->args.len; i++) {
        if (declare_arg(b, ins, &ins->args.items[i], &text, err) < 0) {
            return -1;
        }
    }
    ocib_stage_add(b, OCIB_OP_CONFIG, ins, ocib_buf_take(&text));
    return 0;
}

/* ---- CMD, ENTRYPOINT, SHELL ---- */

static char *list_text(const char *instruction, const struct ocib_strings *list)
{
    struct ocib_buf text = {0};
    ocib_buf_printf(&text, "%s ", instruction);
    ocib_go_quote_list(&text, list, 0);
    return ocib_buf_take(&text);
}

/* An empty array takes away what was there, and leaves none. */
int ocib_stage_cmd(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                   struct ocib_error **err)
{
    struct ocib_config *config = b->config;
    ocib_strings_clear(&config->cmd);
    ocib_stage_command(b, ins, &config->cmd);
    config->has_cmd = config->cmd.len > 0;
    config->args_escaped = true; /* as Docker has it; it only means something to Windows */
    b->cmd_set = true;
    ocib_stage_add(b, OCIB_OP_CONFIG, ins, list_text("CMD", &config->cmd));
    return 0;
}

int ocib_stage_entrypoint(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                          struct ocib_error **err)
{
    struct ocib_config *config = b->config;
    ocib_strings_clear(&config->entrypoint);
    ocib_stage_command(b, ins, &config->entrypoint);
    config->has_entrypoint = config->entrypoint.len > 0;
    if (!b->cmd_set) {
        /* The CMD of a base was meant for the base's entrypoint. */
        ocib_strings_clear(&config->cmd);
        config->has_cmd = false;
    }
    ocib_stage_add(b, OCIB_OP_CONFIG, ins, list_text("ENTRYPOINT", &config->entrypoint));
    return 0;
}

int ocib_stage_shell_set(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                         struct ocib_error **err)
{
    struct ocib_strings *shell = &b->config->shell;
    ocib_strings_clear(shell);
    for (size_t i = 0; i < ins->args.len; i++) {
        ocib_strings_push_str(shell, ins->args.items[i].text);
    }
    struct ocib_buf text = {0};
    ocib_buf_puts(&text, "SHELL ");
    ocib_go_list(&text, shell, 0);
    ocib_stage_add(b, OCIB_OP_CONFIG, ins, ocib_buf_take(&text));
    return 0;
}

/* ---- the rest ---- */

int ocib_stage_maintainer(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                          struct ocib_error **err)
{
    struct ocib_str text = ins->args.items[0].text;
    free(b->config->author);
    b->config->author = ocib_str_dup(text);
    ocib_stage_add(b, OCIB_OP_CONFIG, ins, ocib_format("MAINTAINER %s", b->config->author));
    return 0;
}

/* Docker's history doesn't speak of it, so there is no op. */
int ocib_stage_onbuild(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                       struct ocib_error **err)
{
    ocib_strings_push_str(&b->config->onbuild, ins->trigger_text);
    return ocib_stage_charge(b, ins, ins->trigger_text.len, err);
}

int ocib_stage_user(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                    struct ocib_error **err)
{
    OCIB_AUTO_FREE char *user = expand_text(b, ins, err);
    if (!user) {
        return -1;
    }
    replace(&b->config->user, user);
    ocib_stage_add(b, OCIB_OP_CONFIG, ins, ocib_format("USER %s", user));
    return 0;
}

int ocib_stage_volume(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                      struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings paths = {0};
    struct ocib_words words = ocib_stage_words(b);
    for (size_t i = 0; i < ins->args.len; i++) {
        char *path = ocib_words_expand(&words, &ins->args.items[i], err);
        if (!path) {
            return -1;
        }
        ocib_strings_take(&paths, path);
        if (path[0] == '\0') {
            return ocib_error_at(err, OCIB_EDOCKERFILE, ins->args.items[i].span,
                                 "VOLUME: a path comes out empty");
        }
        ocib_scope_set(&b->volumes, ocib_str(path), NULL);
    }
    struct ocib_buf text = {0};
    ocib_buf_puts(&text, "VOLUME ");
    ocib_go_list(&text, &paths, 0);
    ocib_stage_add(b, OCIB_OP_CONFIG, ins, ocib_buf_take(&text));
    return 0;
}

int ocib_stage_workdir(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                       struct ocib_error **err)
{
    OCIB_AUTO_FREE char *written = expand_text(b, ins, err);
    if (!written) {
        return -1;
    }
    OCIB_AUTO_FREE char *path = ocib_stage_path(b, written);
    if (strlen(path) >= PATH_MAX) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, ins->args.items[0].span,
                             "WORKDIR: the path is longer than %d bytes", PATH_MAX - 1);
    }
    /* An absolute path stays in the config as it is written (BuildKit). */
    const char *kept = written[0] == '/' ? written : path;
    if (written[0] == '\0' && b->config->working_dir && b->config->working_dir[0]) {
        kept = b->config->working_dir; /* as it was, also if it is not clean (BuildKit) */
    }
    bool layer = strcmp(kept, "/") != 0;
    char *copy = ocib_strdup(kept);
    free(b->config->working_dir);
    b->config->working_dir = copy;
    struct ocib_op *op = ocib_stage_add(b, layer ? OCIB_OP_WORKDIR : OCIB_OP_CONFIG, ins,
                                        ocib_format("WORKDIR %s", copy));
    if (layer) {
        op->workdir = ocib_strdup(path);
        op->workdir_user = ocib_strdup(b->config->user ? b->config->user : "");
    }
    return 0;
}
