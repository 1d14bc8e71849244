#include "check/internal.h"

#include "dockerfile/expand.h"
#include "oci/reference.h"

/* The variables of FROM lines. */

/* What a word of a FROM line comes to, and the variables that it asked for. */
struct from_word {
    const struct ocib_plan *plan;
    const struct ocib_vars *defaults; /* NULL: the real values */
    struct ocib_expanded expanded;
    struct ocib_vars matched;
    struct ocib_vars unset;
    bool failed;
};

static void from_word_release(struct from_word *word)
{
    ocib_expanded_release(&word->expanded);
    ocib_vars_release(&word->matched);
    ocib_vars_release(&word->unset);
}

static const char *lookup(const void *data, struct ocib_str name)
{
    struct from_word *word = *(struct from_word *const *)data;
    const char *value = word->defaults ? ocib_vars_get(word->defaults, name)
                                       : ocib_plan_global(word->plan, name, NULL);
    ocib_vars_set(value ? &word->matched : &word->unset, name, "");
    return value;
}

static void expand(struct ocib_checker *c, struct ocib_str text, struct from_word *word)
{
    struct ocib_expand_options options = {
        .escape = c->options->file->escape,
        .lookup = lookup,
        .data = &word,
        .budget = &c->budget,
    };
    word->plan = c->options->plan;
    word->failed = ocib_expand(text, &options, &word->expanded, NULL) < 0;
}

static void report_unset(struct ocib_checker *c, const struct ocib_instruction *from,
                         const struct from_word *word, const struct ocib_vars *globals)
{
    if (!ocib_check_wants(c, OCIB_RULE_UNDEFINED_ARG_IN_FROM)) {
        return;
    }
    size_t count = word->unset.values ? ocib_map_len(word->unset.values) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = ocib_map_key_at(word->unset.values, i);
        bool declared;
        ocib_plan_global(c->options->plan, ocib_str(name), &declared);
        if (declared) {
            continue;
        }
        const char *near = ocib_vars_nearest(globals, name);
        ocib_check_report(c, OCIB_RULE_UNDEFINED_ARG_IN_FROM, from->span,
                          "no ARG before the first FROM declares '%s'%s%s%s", name,
                          near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
    }
}

/* ---- --platform ---- */

static void check_constant(struct ocib_checker *c, const struct ocib_instruction *from,
                           const char *text)
{
    struct ocib_platform platform = {0};
    OCIB_AUTO_FREE char *name =
        from->args.len == 3 ? ocib_check_lower(from->args.items[2].text) : ocib_strdup("");
    if (ocib_platform_parse(ocib_str(text), &platform, NULL) == 0 && !strstr(name, platform.os) &&
        !strstr(name, platform.architecture)) {
        ocib_check_report(c, OCIB_RULE_FROM_PLATFORM_FLAG_CONST_DISALLOWED, from->span,
                          "--platform is the constant '%s'", text);
    }
    ocib_platform_release(&platform);
}

static void check_platform(struct ocib_checker *c, const struct ocib_instruction *from,
                           const struct ocib_vars *globals)
{
    const struct ocib_arg *flag = ocib_instruction_flag(from, "platform");
    OCIB_AUTO(from_word_release) struct from_word word = {0};
    if (!flag) {
        return;
    }
    expand(c, flag->value, &word);
    report_unset(c, from, &word, globals);
    size_t matched = word.matched.values ? ocib_map_len(word.matched.values) : 0;
    if (word.failed || word.unset.values) {
        return;
    }
    if (matched == 0) {
        check_constant(c, from, word.expanded.text);
    }
    const char *target = ocib_vars_get(&word.matched, OCIB_STR("TARGETPLATFORM"))
                             ? ocib_plan_global(c->options->plan, OCIB_STR("TARGETPLATFORM"), NULL)
                             : NULL;
    if (matched == 1 && target && strcmp(word.expanded.text, target) == 0) {
        ocib_check_report(c, OCIB_RULE_REDUNDANT_TARGET_PLATFORM, from->span,
                          "--platform=%.*s is the default", OCIB_STR_ARG(flag->value));
    }
}

/* ---- the image ---- */

static void check_default(struct ocib_checker *c, const struct ocib_instruction *from,
                          const struct ocib_vars *defaults)
{
    const struct ocib_arg *image = &from->args.items[0];
    OCIB_AUTO(from_word_release) struct from_word word = {.defaults = defaults};
    if (ocib_str_find(image->text, '$') < 0) {
        return;
    }
    expand(c, image->text, &word);
    struct ocib_reference ref = {0};
    if (!word.failed && ocib_reference_parse(ocib_str(word.expanded.text), &ref, NULL) < 0) {
        ocib_check_report(c, OCIB_RULE_INVALID_DEFAULT_ARG_IN_FROM, from->span,
                          "without build args '%.*s' comes to '%s', which is no image",
                          OCIB_STR_ARG(image->text), word.expanded.text);
    }
    ocib_reference_release(&ref);
}

static void check_from(struct ocib_checker *c, const struct ocib_instruction *from,
                       const struct ocib_vars *globals, const struct ocib_vars *defaults)
{
    OCIB_AUTO(from_word_release) struct from_word word = {0};
    expand(c, from->args.items[0].text, &word);
    report_unset(c, from, &word, globals);
    check_platform(c, from, globals);
    check_default(c, from, defaults);
}

/* ---- the variables ---- */

static const char *const platform_args[] = {
    "TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "TARGETSTAGE",
    "BUILDPLATFORM",  "BUILDOS",  "BUILDARCH",  "BUILDVARIANT",
};

/* An ARG as if no build arg was given. */
static void add_default(struct ocib_checker *c, const struct ocib_arg *arg,
                        struct ocib_vars *defaults)
{
    if (!arg->has_value) {
        return;
    }
    OCIB_AUTO(from_word_release) struct from_word word = {.defaults = defaults};
    expand(c, arg->value, &word);
    if (!word.failed) {
        ocib_vars_set(defaults, arg->text, word.expanded.text);
    }
}

static size_t read_globals(struct ocib_checker *c, struct ocib_vars *globals,
                           struct ocib_vars *defaults)
{
    const struct ocib_instructions *list = &c->options->file->instructions;
    for (size_t i = 0; i < OCIB_COUNT(platform_args); i++) {
        const char *value = ocib_plan_global(c->options->plan, ocib_str(platform_args[i]), NULL);
        ocib_vars_set(globals, ocib_str(platform_args[i]), "");
        ocib_vars_set(defaults, ocib_str(platform_args[i]), value ? value : "");
    }
    size_t i = 0;
    for (; list->items[i].kind == OCIB_INS_ARG; i++) {
        for (size_t k = 0; k < list->items[i].args.len; k++) {
            ocib_vars_set(globals, list->items[i].args.items[k].text, "");
            add_default(c, &list->items[i].args.items[k], defaults);
        }
    }
    return i;
}

void ocib_check_froms(struct ocib_checker *c)
{
    const struct ocib_instructions *list = &c->options->file->instructions;
    OCIB_AUTO(ocib_vars_release) struct ocib_vars globals = {0};
    OCIB_AUTO(ocib_vars_release) struct ocib_vars defaults = {0};
    if (!c->options->plan) {
        return;
    }
    for (size_t i = read_globals(c, &globals, &defaults); i < list->len; i++) {
        if (list->items[i].kind == OCIB_INS_FROM) {
            check_from(c, &list->items[i], &globals, &defaults);
        }
    }
}
