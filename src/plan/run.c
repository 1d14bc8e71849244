#include "plan/internal.h"

/* The heredoc that is all of a line, or NULL. */
static const struct ocib_heredoc *lone_heredoc(const struct ocib_instruction *ins)
{
    const struct ocib_heredocs *docs = &ins->heredocs;
    bool alone = docs->len == 1 && ocib_str_eq(ins->rest, docs->items[0].word);
    return alone ? &docs->items[0] : NULL;
}

static char *body_text(const struct ocib_heredoc *doc)
{
    struct ocib_buf text = {0};
    struct ocib_str rest = doc->content;
    struct ocib_str line;
    ocib_buf_init(&text);
    while (ocib_str_cut(&rest, '\n', &line)) {
        while (doc->chomp && ocib_str_starts(line, "\t")) {
            line = ocib_str_sub(line, 1, line.len);
        }
        ocib_buf_add_str(&text, line);
        ocib_buf_putc(&text, '\n');
    }
    return ocib_buf_take(&text);
}

/* The text that the shell gets: a lone heredoc's body, or the line with its heredocs below it. */
static char *shell_text(const struct ocib_instruction *ins)
{
    const struct ocib_heredocs *docs = &ins->heredocs;
    const struct ocib_heredoc *lone = lone_heredoc(ins);
    if (lone) {
        return body_text(lone);
    }
    struct ocib_buf text = {0};
    ocib_buf_add_str(&text, ins->rest);
    for (size_t i = 0; i < docs->len; i++) {
        ocib_buf_putc(&text, '\n');
        ocib_buf_add_str(&text, docs->items[i].content);
        ocib_buf_add_str(&text, docs->items[i].name);
    }
    return ocib_buf_take(&text);
}

void ocib_stage_shell(const struct ocib_stage_builder *b, struct ocib_strings *out)
{
    if (b->config->shell.len) {
        ocib_strings_copy(out, &b->config->shell);
        return;
    }
    ocib_strings_push(out, "/bin/sh");
    ocib_strings_push(out, "-c");
}

void ocib_stage_command(const struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                        struct ocib_strings *out)
{
    if (ins->json) {
        for (size_t i = 0; i < ins->args.len; i++) {
            ocib_strings_push_str(out, ins->args.items[i].text);
        }
        return;
    }
    ocib_stage_shell(b, out);
    ocib_strings_take(out, shell_text(ins));
}

/* The index of a flag's value in a list of names, 0 if the flag is not there; -1: none of them. */
static int read_choice(const struct ocib_instruction *ins, const char *name,
                       const char *const *choices, const struct ocib_arg **flag)
{
    *flag = ocib_instruction_flag(ins, name);
    for (int i = 0; *flag && choices[i]; i++) {
        if (ocib_str_is((*flag)->value, choices[i])) {
            return i;
        }
    }
    return *flag ? -1 : 0;
}

static int refuse_choice(const struct ocib_arg *flag, const char *name, const char *hint,
                         struct ocib_error **err)
{
    ocib_error_at(err, OCIB_EDOCKERFILE, flag->value_span, "--%s can't be '%.*s'", name,
                  OCIB_STR_ARG(ocib_str_sub(flag->value, 0, 80)));
    return ocib_error_hint_set(err, "%s", hint);
}

static int read_confinement(const struct ocib_instruction *ins, struct ocib_run_op *run,
                            struct ocib_error **err)
{
    static const char *const networks[] = {"default", "host", "none", NULL};
    static const enum ocib_network values[] = {OCIB_NETWORK_DEFAULT, OCIB_NETWORK_HOST,
                                               OCIB_NETWORK_NONE};
    static const char *const securities[] = {"sandbox", "insecure", NULL};
    const struct ocib_arg *flag;
    int network = read_choice(ins, "network", networks, &flag);
    if (network < 0) {
        return refuse_choice(flag, "network", "use default, host or none", err);
    }
    int security = read_choice(ins, "security", securities, &flag);
    if (security < 0) {
        return refuse_choice(flag, "security", "use sandbox or insecure", err);
    }
    run->network = values[network];
    run->insecure = security == 1;
    return 0;
}

/* "|2 A=1 B=2 ": the ARGs that were declared so far, with what the step sees in them. */
static void put_args(const struct ocib_stage_builder *b, struct ocib_buf *out)
{
    if (b->args.len) {
        ocib_buf_printf(out, "|%zu ", b->args.len);
    }
    for (size_t i = 0; i < b->args.len; i++) {
        const char *value = ocib_stage_arg_value(b, b->args.items[i]);
        ocib_buf_printf(out, "%s=%s ", b->args.items[i], value ? value : "");
    }
}

static char *history_text(const struct ocib_stage_builder *b, const struct ocib_strings *argv)
{
    struct ocib_buf text = {0};
    ocib_buf_puts(&text, "RUN ");
    put_args(b, &text);
    for (size_t i = 0; i < argv->len; i++) {
        ocib_buf_printf(&text, "%s%s", i ? " " : "", argv->items[i]);
    }
    return ocib_buf_take(&text);
}

/* The proxies of build args, by both their names, unless an ENV or ARG says otherwise. */
static void add_proxies(const struct ocib_stage_builder *b, struct ocib_strings *out)
{
    static const char *const names[][2] = {{"HTTP_PROXY", "http_proxy"},
                                           {"HTTPS_PROXY", "https_proxy"},
                                           {"FTP_PROXY", "ftp_proxy"},
                                           {"NO_PROXY", "no_proxy"},
                                           {"ALL_PROXY", "all_proxy"}};
    for (size_t i = 0; i < OCIB_COUNT(names); i++) {
        const char *value = ocib_scope_get(&b->plan->build_args, ocib_str(names[i][0]));
        value = value ? value : ocib_scope_get(&b->plan->build_args, ocib_str(names[i][1]));
        for (size_t k = 0; value && k < 2; k++) {
            if (!ocib_scope_get(&b->env, ocib_str(names[i][k]))) {
                ocib_strings_take(out, ocib_format("%s=%s", names[i][k], value));
            }
        }
    }
}

/* As in BuildKit, a lone heredoc whose text as written begins with "#!" is a file that the shell is
 * told to run. */
static int read_script(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                       struct ocib_run_op *run, struct ocib_error **err)
{
    const struct ocib_heredoc *doc = lone_heredoc(ins);
    if (!doc || !ocib_str_starts(doc->content, "#!")) {
        ocib_stage_command(b, ins, &run->argv);
        return 0;
    }
    if (ocib_str_find(doc->name, '/') >= 0 || ocib_str_is(doc->name, ".") ||
        ocib_str_is(doc->name, "..")) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, doc->span, "'%.*s' can't be the name of a file",
                             OCIB_STR_ARG(doc->name));
    }
    run->script = body_text(doc);
    run->script_path = ocib_format(OCIB_SCRIPT_FOLDER "/%.*s", OCIB_STR_ARG(doc->name));
    ocib_stage_shell(b, &run->argv);
    ocib_strings_push(&run->argv, run->script_path);
    return 0;
}

static int read_run(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                    struct ocib_run_op *run, struct ocib_error **err)
{
    size_t bytes = 2 * ocib_scope_bytes(&b->env);
    if (read_confinement(ins, run, err) < 0 || ocib_stage_charge(b, ins, bytes, err) < 0 ||
        ocib_stage_mounts(b, ins, &run->mounts, err) < 0) {
        return -1;
    }
    return read_script(b, ins, run, err);
}

void ocib_run_op_release(struct ocib_run_op *run)
{
    ocib_strings_release(&run->argv);
    ocib_strings_release(&run->env);
    ocib_strings_release(&run->secret_env);
    ocib_mounts_release(&run->mounts);
    free(run->cwd);
    free(run->user);
    free(run->command);
    free(run->script);
    free(run->script_path);
}

int ocib_stage_run(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                   struct ocib_error **err)
{
    struct ocib_run_op read = {0};
    if (read_run(b, ins, &read, err) < 0) {
        ocib_run_op_release(&read);
        return -1;
    }
    struct ocib_op *op = ocib_stage_add(b, OCIB_OP_RUN, ins, history_text(b, &read.argv));
    struct ocib_run_op *run = &op->run;
    *run = read;
    ocib_scope_export(&b->env, &run->env);
    add_proxies(b, &run->secret_env);
    run->cwd = ocib_stage_path(b, "");
    run->user = ocib_strdup(b->config->user ? b->config->user : "");
    struct ocib_instruction written = *ins;
    written.json = false;
    run->command = ins->heredocs.len ? shell_text(&written) : ocib_str_dup(ins->rest);
    return 0;
}
