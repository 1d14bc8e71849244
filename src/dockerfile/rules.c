#include "dockerfile/rules.h"

#include "base/buf.h"

enum flag_type { FLAG_STRING, FLAG_STRINGS, FLAG_BOOL };

struct flag_rule {
    const char *name;
    enum flag_type type;
};

enum { FLAGS_MAX = 8 };

struct rule {
    const char *name;
    enum ocib_form form;
    size_t least;      /* arguments */
    const char *needs; /* said when there are fewer */
    struct flag_rule flags[FLAGS_MAX];
};

static const struct rule rules[] = {
    [OCIB_INS_ADD] = {"ADD",
                      OCIB_FORM_WORDS_OR_JSON,
                      2,
                      "a source and a destination",
                      {{"keep-git-dir", FLAG_BOOL},
                       {"chown", FLAG_STRING},
                       {"chmod", FLAG_STRING},
                       {"link", FLAG_BOOL},
                       {"checksum", FLAG_STRING},
                       {"exclude", FLAG_STRINGS},
                       {"unpack", FLAG_BOOL}}},
    [OCIB_INS_ARG] = {"ARG", OCIB_FORM_ARGS, 1, "a name", {{0}}},
    [OCIB_INS_CMD] = {"CMD", OCIB_FORM_SHELL, 0, NULL, {{0}}},
    [OCIB_INS_COPY] = {"COPY",
                       OCIB_FORM_WORDS_OR_JSON,
                       2,
                       "a source and a destination",
                       {{"from", FLAG_STRING},
                        {"chown", FLAG_STRING},
                        {"chmod", FLAG_STRING},
                        {"link", FLAG_BOOL},
                        {"parents", FLAG_BOOL},
                        {"exclude", FLAG_STRINGS}}},
    [OCIB_INS_ENTRYPOINT] = {"ENTRYPOINT", OCIB_FORM_SHELL, 0, NULL, {{0}}},
    [OCIB_INS_ENV] = {"ENV", OCIB_FORM_PAIRS, 1, "a name and a value", {{0}}},
    [OCIB_INS_EXPOSE] = {"EXPOSE", OCIB_FORM_WORDS, 1, "a port", {{0}}},
    [OCIB_INS_FROM] = {"FROM", OCIB_FORM_WORDS, 1, "an image", {{"platform", FLAG_STRING}}},
    [OCIB_INS_HEALTHCHECK] = {"HEALTHCHECK",
                              OCIB_FORM_HEALTH,
                              1,
                              "NONE, or CMD and a command",
                              {{"interval", FLAG_STRING},
                               {"timeout", FLAG_STRING},
                               {"start-period", FLAG_STRING},
                               {"start-interval", FLAG_STRING},
                               {"retries", FLAG_STRING}}},
    [OCIB_INS_LABEL] = {"LABEL", OCIB_FORM_PAIRS, 1, "a name and a value", {{0}}},
    [OCIB_INS_MAINTAINER] = {"MAINTAINER", OCIB_FORM_TEXT, 1, "a name", {{0}}},
    [OCIB_INS_ONBUILD] = {"ONBUILD", OCIB_FORM_TRIGGER, 0, "an instruction", {{0}}},
    [OCIB_INS_RUN] = {"RUN",
                      OCIB_FORM_SHELL,
                      1,
                      "a command",
                      {{"mount", FLAG_STRINGS},
                       {"network", FLAG_STRING},
                       {"security", FLAG_STRING},
                       {"device", FLAG_STRINGS}}},
    [OCIB_INS_SHELL] =
        {"SHELL", OCIB_FORM_JSON, 1, "a JSON array with a shell and its options", {{0}}},
    [OCIB_INS_STOPSIGNAL] = {"STOPSIGNAL", OCIB_FORM_TEXT, 1, "a signal", {{0}}},
    [OCIB_INS_USER] = {"USER", OCIB_FORM_TEXT, 1, "a user", {{0}}},
    [OCIB_INS_VOLUME] = {"VOLUME", OCIB_FORM_WORDS_OR_JSON, 1, "a path", {{0}}},
    [OCIB_INS_WORKDIR] = {"WORKDIR", OCIB_FORM_TEXT, 1, "a path", {{0}}},
};

const char *ocib_instruction_name(enum ocib_instruction_kind kind)
{
    return rules[kind].name;
}

int ocib_rule_find(const struct ocib_parser *p, struct ocib_str word,
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
    return p->line.first == 1
               ? -1
               : ocib_error_hint_set(err,
                                     "if this belongs to the line above, end that one with '%c'",
                                     p->file->escape);
}

enum ocib_form ocib_rule_form(enum ocib_instruction_kind kind)
{
    return rules[kind].form;
}

size_t ocib_rule_least(enum ocib_instruction_kind kind)
{
    return rules[kind].least;
}

const char *ocib_rule_needs(enum ocib_instruction_kind kind)
{
    return rules[kind].needs;
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

int ocib_rule_check_flags(enum ocib_instruction_kind kind, const struct ocib_args *flags,
                          struct ocib_error **err)
{
    unsigned seen = 0;
    for (size_t i = 0; i < flags->len; i++) {
        if (check_flag(&rules[kind], &flags->items[i], &seen, err) < 0) {
            return -1;
        }
    }
    return 0;
}
