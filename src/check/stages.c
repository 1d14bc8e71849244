#include "check/internal.h"

#include "dockerfile/expand.h"
#include "dockerfile/parse.h"

/*
 * Instructions with the values that variables have where they stand: each stage begins with what
 * the one below it leaves, as it does in a build.
 */

/* More than any build takes (plan/stage.c). */
enum { TRIGGERS_MAX = 200 };

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct walk {
    struct ocib_checker *c;
    const struct ocib_stage *stage;
    struct ocib_vars env; /* ENV, and ARGs with a value */
    struct ocib_vars declared;
    bool known; /* all variables of the base are */
    bool shell;
    bool workdir;
    char escape;
    /* The last one of the stage, or nowhere. */
    struct ocib_span cmd;
    struct ocib_span entrypoint;
    struct ocib_span healthcheck;
};

static void walk_release(struct walk *w)
{
    ocib_vars_release(&w->env);
    ocib_vars_release(&w->declared);
}

/* ---- words ---- */

/* A word's variables, and those that were asked for, with a default or without, and aren't set. */
struct asked {
    const struct ocib_vars *env;
    struct ocib_vars unset;
};

static const char *lookup(const void *data, struct ocib_str name)
{
    struct asked *asked = *(struct asked *const *)data;
    const char *value = ocib_vars_get(asked->env, name);
    if (!value) {
        ocib_vars_set(&asked->unset, name, "");
    }
    return value;
}

static void report_unset(struct walk *w, const struct ocib_instruction *ins,
                         const struct ocib_vars *unset)
{
    size_t count = unset->values ? ocib_map_len(unset->values) : 0;
    if (!w->known || !ocib_check_wants(w->c, OCIB_RULE_UNDEFINED_VAR)) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = ocib_map_key_at(unset->values, i);
        if (ocib_vars_get(&w->declared, ocib_str(name))) {
            continue;
        }
        const char *near = ocib_vars_nearest(&w->env, name);
        ocib_check_report(w->c, OCIB_RULE_UNDEFINED_VAR, ins->span,
                          "the variable '$%s' is not set here%s%s%s", name,
                          near ? " (did you mean $" : "", near ? near : "", near ? "?)" : "");
    }
}

/* 1: it asks for variables that aren't set; 0: it does not; -1: the text can't be expanded, which
 * is not for a check to say. */
static int expand_with(struct walk *w, const struct ocib_instruction *ins, struct ocib_str text,
                       struct ocib_expand_options options, struct ocib_expanded *out)
{
    struct asked asked = {.env = &w->env};
    struct asked *data = &asked;
    options.lookup = lookup;
    options.data = &data;
    options.budget = &w->c->budget;
    int result = ocib_expand(text, &options, out, NULL);
    if (result == 0) {
        report_unset(w, ins, &asked.unset);
        result = asked.unset.values != NULL;
    }
    ocib_vars_release(&asked.unset);
    return result;
}

static int expand(struct walk *w, const struct ocib_instruction *ins, struct ocib_str text,
                  struct ocib_expanded *out)
{
    return expand_with(w, ins, text, (struct ocib_expand_options){.escape = w->escape}, out);
}

/* The text (freed with free()), or NULL. */
static char *expand_text(struct walk *w, const struct ocib_instruction *ins, struct ocib_str text)
{
    struct ocib_expanded expanded = {0};
    char *result = expand(w, ins, text, &expanded) >= 0 ? ocib_steal(&expanded.text) : NULL;
    ocib_expanded_release(&expanded);
    return result;
}

static void expand_args(struct walk *w, const struct ocib_instruction *ins)
{
    for (size_t i = 0; i < ins->args.len; i++) {
        free(expand_text(w, ins, ins->args.items[i].text));
    }
}

static void expand_flag(struct walk *w, const struct ocib_instruction *ins,
                        const struct ocib_arg *flag)
{
    if (flag->has_value) {
        free(expand_text(w, ins, flag->value));
    }
}

static void expand_body(struct walk *w, const struct ocib_instruction *ins, struct ocib_str text)
{
    struct ocib_expanded expanded = {0};
    struct ocib_expand_options options = {.escape = '\\', .plain_quotes = true};
    expand_with(w, ins, text, options, &expanded);
    ocib_expanded_release(&expanded);
}

/* ---- ENV, LABEL, ARG ---- */

/* A name in which one of the words of a list stands between underscores or at an end. */
static bool has_word(const char *name, const char *const *words, size_t count)
{
    struct ocib_str rest = ocib_str(name);
    struct ocib_str part;
    while (ocib_str_cut(&rest, '_', &part)) {
        for (size_t i = 0; i < count; i++) {
            if (ocib_str_is_nocase(part, words[i])) {
                return true;
            }
        }
    }
    return false;
}

static void check_secret(struct walk *w, const struct ocib_instruction *ins, const char *name)
{
    static const char *const secrets[] = {"apikey", "auth",   "credential", "credentials", "key",
                                          "pword",  "passwd", "password",   "secret",      "token"};
    static const char *const harmless[] = {"public", "file", "version"};
    if (has_word(name, secrets, OCIB_COUNT(secrets)) &&
        !has_word(name, harmless, OCIB_COUNT(harmless))) {
        ocib_check_report(w->c, OCIB_RULE_SECRETS_USED_IN_ARG_OR_ENV, ins->span,
                          "%s '%s' is named like a secret", ocib_instruction_name(ins->kind), name);
    }
}

/* In the old form a blank stands behind the name. */
static void check_form(struct walk *w, const struct ocib_instruction *ins)
{
    struct ocib_str name = ins->args.items[0].text;
    const char *kind = ocib_instruction_name(ins->kind);
    if (name.s[name.len] != '=') {
        ocib_check_report(w->c, OCIB_RULE_LEGACY_KEY_VALUE_FORMAT, ins->span,
                          "'%s %.*s' has no equals sign", kind,
                          OCIB_STR_ARG(ocib_str_sub(name, 0, 80)));
    }
}

static void apply_pairs(struct walk *w, const struct ocib_instruction *ins)
{
    OCIB_AUTO_STRINGS struct ocib_strings names = {0};
    OCIB_AUTO_STRINGS struct ocib_strings values = {0};
    check_form(w, ins);
    for (size_t i = 0; i < ins->args.len; i++) {
        char *name = expand_text(w, ins, ins->args.items[i].text);
        char *value = expand_text(w, ins, ins->args.items[i].value);
        ocib_strings_take(&names, name ? name : ocib_strdup(""));
        ocib_strings_take(&values, value ? value : ocib_strdup(""));
    }
    for (size_t i = 0; ins->kind == OCIB_INS_ENV && i < names.len; i++) {
        check_secret(w, ins, names.items[i]);
        ocib_vars_set(&w->env, ocib_str(names.items[i]), values.items[i]);
    }
}

static void declare(struct walk *w, const struct ocib_instruction *ins, const struct ocib_arg *arg)
{
    const struct ocib_plan *plan = w->c->options->plan;
    OCIB_AUTO_FREE char *name = ocib_str_dup(arg->text);
    check_secret(w, ins, name);
    const char *given = ocib_plan_build_arg(plan, arg->text);
    OCIB_AUTO_FREE char *own = !given && arg->has_value ? expand_text(w, ins, arg->value) : NULL;
    const char *value = given            ? given
                        : arg->has_value ? own
                                         : ocib_plan_global(plan, arg->text, NULL);
    if (value) {
        ocib_vars_set(&w->env, arg->text, value);
    }
    ocib_vars_set(&w->declared, arg->text, "");
}

static void apply_arg(struct walk *w, const struct ocib_instruction *ins)
{
    for (size_t i = 0; i < ins->args.len; i++) {
        declare(w, ins, &ins->args.items[i]);
    }
}

/* ---- COPY, ADD ---- */

static bool is_remote(const char *source)
{
    return strstr(source, "://") || ocib_str_starts(ocib_str(source), "git@");
}

static void apply_copy(struct walk *w, const struct ocib_instruction *ins)
{
    static const char *const expanded[] = {"chown", "chmod", "checksum"};
    bool context = w->c->options->ignore && !ocib_instruction_flag(ins, "from");
    for (size_t i = 0; i < OCIB_COUNT(expanded); i++) {
        const struct ocib_arg *flag = ocib_instruction_flag(ins, expanded[i]);
        if (flag) {
            expand_flag(w, ins, flag);
        }
    }
    for (size_t i = 0; i < ins->args.len; i++) {
        OCIB_AUTO_FREE char *text = expand_text(w, ins, ins->args.items[i].text);
        bool source = i + 1 < ins->args.len && !ocib_str_starts(ins->args.items[i].text, "<<");
        if (text && source && context && !is_remote(text)) {
            ocib_check_ignored(w->c, ins, text);
        }
    }
    for (size_t i = 0; i < ins->heredocs.len; i++) {
        if (ins->heredocs.items[i].expand) {
            expand_body(w, ins, ins->heredocs.items[i].content);
        }
    }
}

/* ---- EXPOSE ---- */

static void check_port(struct walk *w, const struct ocib_instruction *ins, const char *port)
{
    const char *slash = strrchr(port, '/');
    const char *colon = strchr(port, ':');
    if (slash && strpbrk(slash, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
        ocib_check_report(w->c, OCIB_RULE_EXPOSE_PROTO_CASING, ins->span,
                          "the protocol of '%s' has capitals", port);
    }
    if (colon && colon != port) {
        ocib_check_report(w->c, OCIB_RULE_EXPOSE_INVALID_FORMAT, ins->span,
                          "'%s' names an address or a port of the host, which EXPOSE can't map",
                          port);
    }
}

static void apply_expose(struct walk *w, const struct ocib_instruction *ins)
{
    for (size_t i = 0; i < ins->args.len; i++) {
        struct ocib_expanded expanded = {0};
        if (expand(w, ins, ins->args.items[i].text, &expanded) >= 0) {
            for (size_t k = 0; k < expanded.words.len; k++) {
                check_port(w, ins, expanded.words.items[k]);
            }
        }
        ocib_expanded_release(&expanded);
    }
}

/* ---- the rest ---- */

static void use_once(struct walk *w, const struct ocib_instruction *ins, struct ocib_span *last)
{
    if (last->source) {
        ocib_check_report(w->c, OCIB_RULE_MULTIPLE_INSTRUCTIONS_DISALLOWED, *last,
                          "%s stands again in this stage, at line %u: this one does nothing",
                          ocib_instruction_name(ins->kind), ins->span.line);
    }
    *last = ins->span;
}

static void apply_command(struct walk *w, const struct ocib_instruction *ins)
{
    use_once(w, ins, ins->kind == OCIB_INS_CMD ? &w->cmd : &w->entrypoint);
    if (!ins->json && !w->shell) {
        ocib_check_report(w->c, OCIB_RULE_JSON_ARGS_RECOMMENDED, ins->span,
                          "%s is run by a shell, which passes on no signals",
                          ocib_instruction_name(ins->kind));
    }
}

static bool is_absolute(const struct walk *w, const char *path)
{
    bool windows = strcmp(w->stage->platform.os, "windows") == 0;
    return path[0] == '/' || (windows && (path[0] == '\\' || (path[0] && path[1] == ':')));
}

static void apply_workdir(struct walk *w, const struct ocib_instruction *ins)
{
    struct ocib_expanded expanded = {0};
    int unset = expand(w, ins, ins->args.items[0].text, &expanded);
    if (unset >= 0) {
        bool sure = w->known || unset == 0;
        if (!w->workdir && sure && !is_absolute(w, expanded.text)) {
            ocib_check_report(w->c, OCIB_RULE_WORKDIR_RELATIVE_PATH, ins->span,
                              "'%s' begins at the base image's folder, which may change",
                              expanded.text);
        }
    }
    ocib_expanded_release(&expanded);
    w->workdir = true;
}

static void apply_run(struct walk *w, const struct ocib_instruction *ins)
{
    for (size_t i = 0; i < ins->flags.len; i++) {
        if (ocib_str_is(ins->flags.items[i].text, "mount")) {
            expand_flag(w, ins, &ins->flags.items[i]);
        }
    }
}

static void apply(struct walk *w, const struct ocib_instruction *ins)
{
    switch (ins->kind) {
    case OCIB_INS_ENV:
    case OCIB_INS_LABEL:
        apply_pairs(w, ins);
        break;
    case OCIB_INS_ARG:
        apply_arg(w, ins);
        break;
    case OCIB_INS_ADD:
    case OCIB_INS_COPY:
        apply_copy(w, ins);
        break;
    case OCIB_INS_EXPOSE:
        apply_expose(w, ins);
        break;
    case OCIB_INS_CMD:
    case OCIB_INS_ENTRYPOINT:
        apply_command(w, ins);
        break;
    case OCIB_INS_HEALTHCHECK:
        use_once(w, ins, &w->healthcheck);
        break;
    case OCIB_INS_WORKDIR:
        apply_workdir(w, ins);
        break;
    case OCIB_INS_STOPSIGNAL:
    case OCIB_INS_USER:
    case OCIB_INS_VOLUME:
        expand_args(w, ins);
        break;
    case OCIB_INS_RUN:
        apply_run(w, ins);
        break;
    case OCIB_INS_SHELL:
        w->shell = true;
        break;
    case OCIB_INS_FROM:
    case OCIB_INS_MAINTAINER:
    case OCIB_INS_ONBUILD:
        break;
    }
}

/* ---- stages ---- */

static void apply_trigger(struct walk *w, struct ocib_str text)
{
    OCIB_AUTO(ocib_dockerfile_cleanup)
    struct ocib_dockerfile *file = ocib_dockerfile_parse_trigger(text, w->stage->span, NULL);
    w->escape = '\\';
    for (size_t i = 0; file && i < file->instructions.len; i++) {
        apply(w, &file->instructions.items[i]);
    }
    w->escape = w->c->options->file->escape;
}

static void check_base_platform(struct walk *w, const struct ocib_config *base)
{
    const struct ocib_platform *want = &w->stage->platform;
    const struct ocib_platform *have = &base->platform;
    if (!have->os || !have->architecture ||
        (strcmp(want->os, have->os) == 0 && strcmp(want->architecture, have->architecture) == 0)) {
        return;
    }
    OCIB_AUTO_FREE char *wanted = ocib_platform_format(want);
    OCIB_AUTO_FREE char *found = ocib_platform_format(have);
    ocib_check_report(w->c, OCIB_RULE_INVALID_BASE_IMAGE_PLATFORM, w->stage->span,
                      "%s is for %s, and %s is built for", w->stage->base_image, found, wanted);
}

static void start_from_image(struct walk *w)
{
    const struct ocib_check_options *options = w->c->options;
    const struct ocib_config *base =
        options->base ? options->base(options->data, w->stage->index) : NULL;
    w->known = base != NULL;
    ocib_vars_set(&w->env, OCIB_STR("PATH"), DEFAULT_PATH);
    if (!base) {
        return;
    }
    check_base_platform(w, base);
    for (size_t i = 0; i < base->env.len; i++) {
        ocib_vars_set_pair(&w->env, base->env.items[i]);
    }
    w->shell = base->shell.len > 0;
    for (size_t i = 0; i < base->onbuild.len && i < TRIGGERS_MAX; i++) {
        apply_trigger(w, ocib_str(base->onbuild.items[i]));
    }
}

static void start_from_stage(struct walk *w, const struct walk *base,
                             const struct ocib_stage_range *range)
{
    const struct ocib_instructions *list = &w->c->options->file->instructions;
    /* Without room for the variables nothing can be said of them. */
    w->known = ocib_vars_copy(&w->env, &base->env, &w->c->budget) &&
               ocib_vars_copy(&w->declared, &base->declared, &w->c->budget) && base->known;
    w->shell = base->shell;
    w->workdir = base->workdir;
    size_t triggers = 0;
    for (size_t i = range->first; i < range->end && triggers < TRIGGERS_MAX; i++) {
        if (list->items[i].kind == OCIB_INS_ONBUILD) {
            triggers++;
            apply_trigger(w, list->items[i].trigger_text);
        }
    }
}

static void walk_stage(struct walk *walks, const struct ocib_stage_range *ranges, size_t index)
{
    struct walk *w = &walks[index];
    if (w->stage->base == OCIB_BASE_IMAGE) {
        start_from_image(w);
    } else if (w->stage->base == OCIB_BASE_STAGE) {
        start_from_stage(w, &walks[w->stage->base_stage], &ranges[w->stage->base_stage]);
    } else {
        w->known = true;
        ocib_vars_set(&w->env, OCIB_STR("PATH"), DEFAULT_PATH);
    }
    for (size_t i = ranges[index].first; i < ranges[index].end; i++) {
        apply(w, &w->c->options->file->instructions.items[i]);
    }
}

static void prepare(struct ocib_checker *c, struct walk *walks, struct ocib_stage_range *ranges)
{
    struct ocib_stage_range range = {0};
    for (size_t i = 0; ocib_check_next_stage(c->options->file, &range); i++) {
        ranges[i] = range;
        walks[i] = (struct walk){
            .c = c,
            .stage = ocib_plan_stage(c->options->plan, i),
            .escape = c->options->file->escape,
        };
    }
}

void ocib_check_stages(struct ocib_checker *c)
{
    const struct ocib_plan *plan = c->options->plan;
    if (!plan) {
        return;
    }
    size_t total = ocib_plan_stage_count(plan);
    struct walk *walks = ocib_alloc(total, sizeof(*walks));
    struct ocib_stage_range *ranges = ocib_alloc(total, sizeof(*ranges));
    prepare(c, walks, ranges);
    size_t count;
    const size_t *order = ocib_plan_order(plan, &count);
    for (size_t i = 0; i < (c->options->all_stages ? total : count); i++) {
        walk_stage(walks, ranges, c->options->all_stages ? i : order[i]);
    }
    for (size_t i = 0; i < total; i++) {
        walk_release(&walks[i]);
    }
    free(walks);
    free(ranges);
}
