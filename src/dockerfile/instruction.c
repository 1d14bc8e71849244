#include "dockerfile/rules.h"

#include "base/buf.h"

const struct ocib_arg *ocib_instruction_flag(const struct ocib_instruction *ins, const char *name)
{
    for (size_t i = 0; i < ins->flags.len; i++) {
        if (ocib_str_is(ins->flags.items[i].text, name)) {
            return &ins->flags.items[i];
        }
    }
    return NULL;
}

void ocib_instruction_release(struct ocib_instruction *ins)
{
    ocib_vec_release(&ins->flags);
    ocib_vec_release(&ins->args);
    ocib_vec_release(&ins->heredocs);
    if (ins->trigger) {
        /* A trigger has no trigger of its own. */
        ocib_vec_release(&ins->trigger->flags);
        ocib_vec_release(&ins->trigger->args);
        ocib_vec_release(&ins->trigger->heredocs);
        free(ins->trigger);
    }
}

static void push_text(struct ocib_parser *p, struct ocib_str text, struct ocib_args *out)
{
    struct ocib_arg *arg = ocib_vec_add(out);
    arg->text = text;
    arg->span = ocib_parser_span(p, text.s);
}

/* Cuts a word at its first "=". False if it has none. */
static bool split_pair(struct ocib_parser *p, struct ocib_arg *arg)
{
    ptrdiff_t equals = ocib_str_find(arg->text, '=');
    if (equals < 0) {
        return false;
    }
    arg->value = ocib_str_sub(arg->text, (size_t)equals + 1, arg->text.len);
    arg->value_span = ocib_parser_span(p, arg->value.s);
    arg->text = ocib_str_sub(arg->text, 0, (size_t)equals);
    arg->has_value = true;
    return true;
}

static int no_name(const char *instruction, const struct ocib_arg *arg, struct ocib_error **err)
{
    return ocib_error_at(err, OCIB_EDOCKERFILE, arg->span, "%s has a value without a name",
                         instruction);
}

/* The old form, "ENV name value of any words". */
static int read_old_pair(struct ocib_parser *p, const char *instruction, struct ocib_str rest,
                         struct ocib_args *out, struct ocib_error **err)
{
    struct ocib_str name;
    out->len = 0;
    ocib_cut_word(&rest, &name);
    rest = ocib_skip_blanks(rest);
    if (rest.len == 0) {
        ocib_parser_fail(p, err, name.s, "%s '%.*s' has no value", instruction,
                         OCIB_STR_ARG(ocib_str_sub(name, 0, 80)));
        return ocib_error_hint_set(err, "write %s name=value", instruction);
    }
    push_text(p, name, out);
    out->items[0].value = rest;
    out->items[0].value_span = ocib_parser_span(p, rest.s);
    out->items[0].has_value = true;
    return 0;
}

static int read_pairs(struct ocib_parser *p, const char *instruction, struct ocib_str rest,
                      struct ocib_args *out, struct ocib_error **err)
{
    if (ocib_parser_read_quoted_words(p, rest, out, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < out->len; i++) {
        struct ocib_arg *arg = &out->items[i];
        if (!split_pair(p, arg)) {
            if (i == 0) {
                return read_old_pair(p, instruction, rest, out, err);
            }
            ocib_error_at(err, OCIB_EDOCKERFILE, arg->span, "%s '%.*s' has no '='", instruction,
                          OCIB_STR_ARG(ocib_str_sub(arg->text, 0, 80)));
            return ocib_error_hint_set(
                err, "write name=value, and put a value with blanks in double quotes");
        }
        if (arg->text.len == 0) {
            return no_name(instruction, arg, err);
        }
    }
    return 0;
}

static int read_args(struct ocib_parser *p, struct ocib_str rest, struct ocib_args *out,
                     struct ocib_error **err)
{
    if (ocib_parser_read_quoted_words(p, rest, out, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < out->len; i++) {
        if (split_pair(p, &out->items[i]) && out->items[i].text.len == 0) {
            return no_name("ARG", &out->items[i], err);
        }
    }
    return 0;
}

static int read_shell(struct ocib_parser *p, struct ocib_instruction *out, struct ocib_str rest,
                      bool may_be_empty, struct ocib_error **err)
{
    int json = ocib_parser_read_json(p, rest, &out->args, err);
    if (json < 0) {
        return -1;
    }
    out->json = json > 0;
    if (!out->json && (rest.len || may_be_empty)) {
        push_text(p, rest, &out->args);
    }
    return 0;
}

static int read_health(struct ocib_parser *p, struct ocib_instruction *out, struct ocib_error **err)
{
    struct ocib_str rest = out->rest;
    struct ocib_str type;
    if (!ocib_cut_word(&rest, &type)) {
        return 0;
    }
    rest = ocib_skip_blanks(rest);
    bool none = ocib_str_is_nocase(type, "NONE");
    if (!none && !ocib_str_is_nocase(type, "CMD")) {
        ocib_parser_fail(p, err, type.s, "HEALTHCHECK takes NONE or CMD, not '%.*s'",
                         OCIB_STR_ARG(ocib_str_sub(type, 0, 80)));
        return ocib_error_hint_set(err, "write HEALTHCHECK CMD <command>");
    }
    if (none && rest.len) {
        return ocib_parser_fail(p, err, rest.s, "HEALTHCHECK NONE takes no arguments");
    }
    if (none) {
        push_text(p, type, &out->args);
        return 0;
    }
    struct ocib_instruction command = {0};
    int result = read_shell(p, &command, rest, false, err);
    if (result == 0 && command.args.len == 0) {
        result = ocib_parser_fail(p, err, type.s, "HEALTHCHECK CMD has no command");
    }
    push_text(p, type, &out->args);
    for (size_t i = 0; result == 0 && i < command.args.len; i++) {
        ocib_vec_push(&out->args, command.args.items[i]);
    }
    out->json = command.json;
    ocib_vec_release(&command.args);
    return result;
}

static int read_form(struct ocib_parser *p, enum ocib_form form, struct ocib_instruction *out,
                     struct ocib_error **err)
{
    const char *name = ocib_instruction_name(out->kind);
    int json = 0;
    switch (form) {
    case OCIB_FORM_WORDS_OR_JSON:
        json = ocib_parser_read_json(p, out->rest, &out->args, err);
        out->json = json > 0;
        return json ? (json < 0 ? -1 : 0)
                    : ocib_parser_read_plain_words(p, out->rest, &out->args, err);
    case OCIB_FORM_WORDS:
        return ocib_parser_read_plain_words(p, out->rest, &out->args, err);
    case OCIB_FORM_SHELL:
        return read_shell(p, out, out->rest, ocib_rule_least(out->kind) == 0, err);
    case OCIB_FORM_JSON:
        json = ocib_parser_read_json(p, out->rest, &out->args, err);
        out->json = json > 0;
        return json < 0 ? -1 : 0;
    case OCIB_FORM_TEXT:
        if (out->rest.len) {
            push_text(p, out->rest, &out->args);
        }
        return 0;
    case OCIB_FORM_PAIRS:
        return read_pairs(p, name, out->rest, &out->args, err);
    case OCIB_FORM_ARGS:
        return read_args(p, out->rest, &out->args, err);
    case OCIB_FORM_HEALTH:
        return read_health(p, out, err);
    case OCIB_FORM_TRIGGER:
        return 0;
    }
    return 0;
}

static bool is_as(struct ocib_str word)
{
    return ocib_str_is_nocase(word, "AS");
}

static bool is_stage_name(struct ocib_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.s[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (!letter && (i == 0 || !other)) {
            return false;
        }
    }
    return true;
}

static int check_from(const struct ocib_instruction *ins, struct ocib_error **err)
{
    const struct ocib_args *args = &ins->args;
    if (args->len != 1 && (args->len != 3 || !is_as(args->items[1].text))) {
        const struct ocib_arg *odd =
            &args->items[args->len > 3 && is_as(args->items[1].text) ? 3 : 1];
        ocib_error_at(err, OCIB_EDOCKERFILE, odd->span,
                      "FROM takes an image, or an image AS a name");
        return ocib_error_hint_set(err, "write FROM <image> [AS <name>]");
    }
    if (args->len == 3 && !is_stage_name(args->items[2].text)) {
        ocib_error_at(err, OCIB_EDOCKERFILE, args->items[2].span,
                      "'%.*s' can't be the name of a stage",
                      OCIB_STR_ARG(ocib_str_sub(args->items[2].text, 0, 80)));
        return ocib_error_hint_set(err, "a name begins with a letter and goes on with letters, "
                                        "digits, '-', '_' and '.'");
    }
    return 0;
}

static int check_args(const struct ocib_parser *p, const struct ocib_instruction *ins,
                      struct ocib_error **err)
{
    if (ocib_rule_form(ins->kind) == OCIB_FORM_JSON && !ins->json) {
        ocib_error_at(err, OCIB_EDOCKERFILE, ins->span, "SHELL takes a JSON array");
        return ocib_error_hint_set(err, "write SHELL [\"/bin/sh\", \"-c\"]");
    }
    if (ins->args.len < ocib_rule_least(ins->kind)) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, ins->span, "%s needs %s",
                             ocib_instruction_name(ins->kind), ocib_rule_needs(ins->kind));
    }
    if (ins->kind == OCIB_INS_RUN && ins->json && ins->args.items[0].text.len == 0) {
        return ocib_parser_fail(p, err, ins->rest.s, "RUN needs a command");
    }
    return ins->kind == OCIB_INS_FROM ? check_from(ins, err) : 0;
}

/* Keyword, flags and arguments; all but triggers and heredocs. */
static int read_simple(struct ocib_parser *p, struct ocib_str text, struct ocib_instruction *out,
                       struct ocib_error **err)
{
    struct ocib_str rest = ocib_str_trim(text);
    struct ocib_str word;
    out->text = rest;
    out->span = ocib_parser_span(p, rest.s);
    ocib_cut_word(&rest, &word);
    if (ocib_rule_find(p, word, &out->kind, err) < 0 ||
        ocib_parser_read_flags(p, &rest, &out->flags, err) < 0 ||
        ocib_rule_check_flags(out->kind, &out->flags, err) < 0) {
        return -1;
    }
    out->rest = rest;
    out->rest_span = ocib_parser_span(p, rest.s);
    if (read_form(p, ocib_rule_form(out->kind), out, err) < 0) {
        return -1;
    }
    return check_args(p, out, err);
}

static int refuse_trigger(const struct ocib_instruction *trigger, struct ocib_error **err)
{
    if (trigger->kind == OCIB_INS_ONBUILD) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, trigger->span,
                             "ONBUILD can't be chained with ONBUILD");
    }
    if (trigger->kind == OCIB_INS_FROM || trigger->kind == OCIB_INS_MAINTAINER) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, trigger->span, "%s can't be a trigger",
                             ocib_instruction_name(trigger->kind));
    }
    return 0;
}

static int read_trigger(struct ocib_parser *p, struct ocib_instruction *out,
                        struct ocib_error **err)
{
    if (out->rest.len == 0) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, out->span, "ONBUILD needs %s",
                             ocib_rule_needs(OCIB_INS_ONBUILD));
    }
    out->trigger = ocib_new(struct ocib_instruction);
    if (read_simple(p, out->rest, out->trigger, err) < 0) {
        return -1;
    }
    return refuse_trigger(out->trigger, err);
}

/* The trigger as the image's config keeps it: with its heredocs below it. */
static void keep_trigger_text(struct ocib_parser *p, struct ocib_instruction *ins)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    /* Blanks at the end of the line are part of it (BuildKit). */
    size_t from = (size_t)(ins->rest.s - p->line.text.s);
    ocib_buf_add_str(&text, ocib_str_sub(p->line.text, from, p->line.text.len));
    for (size_t i = 0; i < ins->trigger->heredocs.len; i++) {
        const struct ocib_heredoc *doc = &ins->trigger->heredocs.items[i];
        ocib_buf_putc(&text, '\n');
        ocib_buf_add_str(&text, doc->content);
        ocib_buf_add_str(&text, doc->name);
    }
    size_t len = text.len;
    ins->trigger_text = ocib_parser_keep(p, ocib_buf_take(&text), len);
}

static int read_heredocs(struct ocib_parser *p, struct ocib_instruction *ins,
                         struct ocib_error **err)
{
    bool may = ins->kind == OCIB_INS_RUN || ins->kind == OCIB_INS_COPY || ins->kind == OCIB_INS_ADD;
    if (!may || ins->json) {
        return 0;
    }
    int result = ocib_parser_read_heredocs(p, ins->kind == OCIB_INS_RUN, &ins->heredocs, err);
    if (!p->fixed.source) {
        ins->span.end_line = p->line.last;
    }
    return result;
}

int ocib_parser_read_instruction(struct ocib_parser *p, struct ocib_instruction *out,
                                 struct ocib_error **err)
{
    if (read_simple(p, p->line.text, out, err) < 0) {
        return -1;
    }
    if (out->kind != OCIB_INS_ONBUILD) {
        return read_heredocs(p, out, err);
    }
    if (read_trigger(p, out, err) < 0 || read_heredocs(p, out->trigger, err) < 0) {
        return -1;
    }
    out->span.end_line = out->trigger->span.end_line;
    keep_trigger_text(p, out);
    return 0;
}
