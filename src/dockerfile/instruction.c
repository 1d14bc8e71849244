#include "dockerfile/parser.h"

#include "base/buf.h"

enum form {
    FORM_WORDS,         /* words at blanks */
    FORM_WORDS_OR_JSON, /* the same, or a JSON array */
    FORM_SHELL,         /* a text for the shell, or a JSON array */
    FORM_JSON,          /* a JSON array only */
    FORM_TEXT,          /* one text */
    FORM_PAIRS,         /* name=value …, or "name value" */
    FORM_ARGS,          /* name or name=value … */
    FORM_HEALTH,        /* NONE, or CMD and FORM_SHELL */
    FORM_TRIGGER,       /* an instruction */
};

enum flag_type { FLAG_STRING, FLAG_STRINGS, FLAG_BOOL };

struct flag_rule {
    const char *name;
    enum flag_type type;
};

enum { FLAGS_MAX = 8 };

struct rule {
    const char *name;
    enum form form;
    size_t least;      /* arguments */
    const char *needs; /* said when there are fewer */
    struct flag_rule flags[FLAGS_MAX];
};

static const struct rule rules[] = {
    [OCIB_INS_ADD] = {"ADD",
                      FORM_WORDS_OR_JSON,
                      2,
                      "a source and a destination",
                      {{"keep-git-dir", FLAG_BOOL},
                       {"chown", FLAG_STRING},
                       {"chmod", FLAG_STRING},
                       {"link", FLAG_BOOL},
                       {"checksum", FLAG_STRING},
                       {"exclude", FLAG_STRINGS},
                       {"unpack", FLAG_BOOL}}},
    [OCIB_INS_ARG] = {"ARG", FORM_ARGS, 1, "a name", {{0}}},
    [OCIB_INS_CMD] = {"CMD", FORM_SHELL, 0, NULL, {{0}}},
    [OCIB_INS_COPY] = {"COPY",
                       FORM_WORDS_OR_JSON,
                       2,
                       "a source and a destination",
                       {{"from", FLAG_STRING},
                        {"chown", FLAG_STRING},
                        {"chmod", FLAG_STRING},
                        {"link", FLAG_BOOL},
                        {"parents", FLAG_BOOL},
                        {"exclude", FLAG_STRINGS}}},
    [OCIB_INS_ENTRYPOINT] = {"ENTRYPOINT", FORM_SHELL, 0, NULL, {{0}}},
    [OCIB_INS_ENV] = {"ENV", FORM_PAIRS, 1, "a name and a value", {{0}}},
    [OCIB_INS_EXPOSE] = {"EXPOSE", FORM_WORDS, 1, "a port", {{0}}},
    [OCIB_INS_FROM] = {"FROM", FORM_WORDS, 1, "an image", {{"platform", FLAG_STRING}}},
    [OCIB_INS_HEALTHCHECK] = {"HEALTHCHECK",
                              FORM_HEALTH,
                              1,
                              "NONE, or CMD and a command",
                              {{"interval", FLAG_STRING},
                               {"timeout", FLAG_STRING},
                               {"start-period", FLAG_STRING},
                               {"start-interval", FLAG_STRING},
                               {"retries", FLAG_STRING}}},
    [OCIB_INS_LABEL] = {"LABEL", FORM_PAIRS, 1, "a name and a value", {{0}}},
    [OCIB_INS_MAINTAINER] = {"MAINTAINER", FORM_TEXT, 1, "a name", {{0}}},
    [OCIB_INS_ONBUILD] = {"ONBUILD", FORM_TRIGGER, 0, "an instruction", {{0}}},
    [OCIB_INS_RUN] = {"RUN",
                      FORM_SHELL,
                      1,
                      "a command",
                      {{"mount", FLAG_STRINGS},
                       {"network", FLAG_STRING},
                       {"security", FLAG_STRING},
                       {"device", FLAG_STRINGS}}},
    [OCIB_INS_SHELL] = {"SHELL", FORM_JSON, 1, "a JSON array with a shell and its options", {{0}}},
    [OCIB_INS_STOPSIGNAL] = {"STOPSIGNAL", FORM_TEXT, 1, "a signal", {{0}}},
    [OCIB_INS_USER] = {"USER", FORM_TEXT, 1, "a user", {{0}}},
    [OCIB_INS_VOLUME] = {"VOLUME", FORM_WORDS_OR_JSON, 1, "a path", {{0}}},
    [OCIB_INS_WORKDIR] = {"WORKDIR", FORM_TEXT, 1, "a path", {{0}}},
};

const char *ocib_instruction_name(enum ocib_instruction_kind kind)
{
    return rules[kind].name;
}

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

static int find_rule(const struct ocib_parser *p, struct ocib_str word,
                     enum ocib_instruction_kind *kind, struct ocib_error **err)
{
    const char *names[OCIB_COUNT(rules) + 1] = {0};
    for (size_t i = 0; i < OCIB_COUNT(rules); i++) {
        names[i] = rules[i].name;
        if (ocib_str_is_nocase(word, rules[i].name)) {
            *kind = (enum ocib_instruction_kind)i;
            return 0;
        }
    }
    ocib_parser_fail(p, err, word.s, "unknown instruction '%.*s'",
                     OCIB_STR_ARG(ocib_str_sub(word, 0, 80)));
    const char *nearest = ocib_str_nearest(word, names);
    if (nearest) {
        return ocib_error_hint_set(err, "did you mean %s?", nearest);
    }
    return ocib_error_hint_set(err, "if this belongs to the line above, end that one with '%c'",
                               p->file->escape);
}

/* ---- flags ---- */

static int unknown_flag(const struct rule *rule, const struct ocib_arg *flag,
                        struct ocib_error **err)
{
    const char *names[FLAGS_MAX + 1] = {0};
    OCIB_AUTO_BUF struct ocib_buf list = {0};
    ocib_buf_init(&list);
    for (size_t i = 0; i < FLAGS_MAX && rule->flags[i].name; i++) {
        names[i] = rule->flags[i].name;
        ocib_buf_printf(&list, "%s--%s", i ? ", " : "", names[i]);
    }
    ocib_error_at(err, OCIB_EDOCKERFILE, flag->span, "%s has no flag '--%.*s'", rule->name,
                  OCIB_STR_ARG(ocib_str_sub(flag->text, 0, 80)));
    const char *nearest = ocib_str_nearest(flag->text, names);
    if (nearest) {
        return ocib_error_hint_set(err, "did you mean --%s?", nearest);
    }
    return list.len ? ocib_error_hint_set(err, "%s takes %s", rule->name, list.data)
                    : ocib_error_hint_set(err, "%s takes no flags", rule->name);
}

static int check_bool(const struct ocib_arg *flag, struct ocib_error **err)
{
    if (!flag->has_value || ocib_str_is_nocase(flag->value, "true") ||
        ocib_str_is_nocase(flag->value, "false")) {
        return 0;
    }
    return ocib_error_at(err, OCIB_EDOCKERFILE, flag->value_span,
                         "--%.*s takes true or false, not '%.*s'", OCIB_STR_ARG(flag->text),
                         OCIB_STR_ARG(ocib_str_sub(flag->value, 0, 80)));
}

static int check_flag(const struct rule *rule, const struct ocib_arg *flag, unsigned *seen,
                      struct ocib_error **err)
{
    size_t i = 0;
    while (i < FLAGS_MAX && rule->flags[i].name && !ocib_str_is(flag->text, rule->flags[i].name)) {
        i++;
    }
    if (i == FLAGS_MAX || !rule->flags[i].name) {
        return unknown_flag(rule, flag, err);
    }
    enum flag_type type = rule->flags[i].type;
    if (*seen & 1u << i && type != FLAG_STRINGS) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, flag->span, "--%s is given twice",
                             rule->flags[i].name);
    }
    *seen |= 1u << i;
    if (type == FLAG_BOOL) {
        return check_bool(flag, err);
    }
    if (!flag->has_value) {
        ocib_error_at(err, OCIB_EDOCKERFILE, flag->span, "--%s has no value", rule->flags[i].name);
        return ocib_error_hint_set(err, "write --%s=<value>", rule->flags[i].name);
    }
    return 0;
}

static int check_flags(const struct rule *rule, const struct ocib_args *flags,
                       struct ocib_error **err)
{
    unsigned seen = 0;
    for (size_t i = 0; i < flags->len; i++) {
        if (check_flag(rule, &flags->items[i], &seen, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- arguments ---- */

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

static int read_form(struct ocib_parser *p, enum form form, struct ocib_instruction *out,
                     struct ocib_error **err)
{
    const char *name = rules[out->kind].name;
    int json = 0;
    switch (form) {
    case FORM_WORDS_OR_JSON:
        json = ocib_parser_read_json(p, out->rest, &out->args, err);
        out->json = json > 0;
        return json ? (json < 0 ? -1 : 0)
                    : ocib_parser_read_plain_words(p, out->rest, &out->args, err);
    case FORM_WORDS:
        return ocib_parser_read_plain_words(p, out->rest, &out->args, err);
    case FORM_SHELL:
        return read_shell(p, out, out->rest, rules[out->kind].least == 0, err);
    case FORM_JSON:
        json = ocib_parser_read_json(p, out->rest, &out->args, err);
        out->json = json > 0;
        return json < 0 ? -1 : 0;
    case FORM_TEXT:
        if (out->rest.len) {
            push_text(p, out->rest, &out->args);
        }
        return 0;
    case FORM_PAIRS:
        return read_pairs(p, name, out->rest, &out->args, err);
    case FORM_ARGS:
        return read_args(p, out->rest, &out->args, err);
    case FORM_HEALTH:
        return read_health(p, out, err);
    case FORM_TRIGGER:
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
    const struct rule *rule = &rules[ins->kind];
    if (rule->form == FORM_JSON && !ins->json) {
        ocib_error_at(err, OCIB_EDOCKERFILE, ins->span, "SHELL takes a JSON array");
        return ocib_error_hint_set(err, "write SHELL [\"/bin/sh\", \"-c\"]");
    }
    if (ins->args.len < rule->least) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, ins->span, "%s needs %s", rule->name,
                             rule->needs);
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
    if (find_rule(p, word, &out->kind, err) < 0 ||
        ocib_parser_read_flags(p, &rest, &out->flags, err) < 0 ||
        check_flags(&rules[out->kind], &out->flags, err) < 0) {
        return -1;
    }
    out->rest = rest;
    out->rest_span = ocib_parser_span(p, rest.s);
    if (read_form(p, rules[out->kind].form, out, err) < 0) {
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
                             rules[trigger->kind].name);
    }
    return 0;
}

static int read_trigger(struct ocib_parser *p, struct ocib_instruction *out,
                        struct ocib_error **err)
{
    if (out->rest.len == 0) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, out->span, "ONBUILD needs %s",
                             rules[OCIB_INS_ONBUILD].needs);
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
    ocib_buf_add_str(&text, ins->rest);
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
    int result = ocib_parser_read_heredocs(p, &ins->heredocs, err);
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
