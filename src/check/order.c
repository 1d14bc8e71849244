#include "check/internal.h"

/*
 * A COPY of the whole context before the dependencies are installed: any change of any file then
 * installs all of them anew.
 */

struct installer {
    const char *program;
    const char *verb; /* NULL: it has none, or none is needed */
};

/* Commands that bring in what others have written, and read nothing but a manifest for it. */
static const struct installer installers[] = {
    {"apk", "add"},          {"apt", "install"},    {"apt-get", "install"},
    {"bun", "install"},      {"bundle", "install"}, {"cargo", "fetch"},
    {"composer", "install"}, {"conda", "install"},  {"dnf", "install"},
    {"dotnet", "restore"},   {"gem", "install"},    {"go", "mod"},
    {"microdnf", "install"}, {"npm", "ci"},         {"npm", "i"},
    {"npm", "install"},      {"pip", "install"},    {"pip3", "install"},
    {"pipenv", "install"},   {"pnpm", "install"},   {"pnpm", "i"},
    {"poetry", "install"},   {"uv", "sync"},        {"yarn", "install"},
    {"yum", "install"},
};

/* "pip install ." installs the sources themselves, and so needs them. */
static bool installs_sources(const struct ocib_command *command)
{
    for (size_t i = 1; i < command->words.len; i++) {
        const char *word = command->words.items[i];
        bool path = word[0] == '.' && (word[1] == '\0' || word[1] == '/' || word[1] == '[');
        if (path || strcmp(word, "-e") == 0 || strcmp(word, "--editable") == 0) {
            return true;
        }
    }
    return false;
}

/* "python -m pip install" and "uv pip install" are pip. */
static size_t program_at(const struct ocib_command *command)
{
    const char *name = ocib_command_name(command);
    const struct ocib_strings *words = &command->words;
    if (ocib_str_starts(ocib_str(name), "python") && words->len > 2 &&
        strcmp(words->items[1], "-m") == 0) {
        return 2;
    }
    return strcmp(name, "uv") == 0 && words->len > 1 && strcmp(words->items[1], "pip") == 0 ? 1 : 0;
}

/* The installer that a command is, or NULL. */
static const struct installer *find_installer(const struct ocib_command *command)
{
    size_t at = program_at(command);
    const char *name = at ? command->words.items[at] : ocib_command_name(command);
    struct ocib_command rest = {
        .words = {.items = command->words.items + at, .len = command->words.len - at}};
    const char *verb = ocib_command_verb(&rest);
    for (size_t i = 0; i < OCIB_COUNT(installers); i++) {
        const struct installer *known = &installers[i];
        if (strcmp(name, known->program) == 0 && strcmp(verb, known->verb) == 0) {
            bool local = ocib_str_starts(ocib_str(name), "pip") && installs_sources(&rest);
            bool modules = strcmp(name, "go") != 0 || ocib_command_has(&rest, "download");
            return local || !modules ? NULL : known;
        }
    }
    return NULL;
}

/* ---- a stage ---- */

struct order {
    struct ocib_checker *c;
    const struct ocib_instruction *copy; /* the first of the whole context; NULL: none, or said */
    /* What was installed before it: to do so again below it finishes what needed the sources. */
    const char *before[OCIB_COUNT(installers)];
    size_t count;
};

static bool is_whole(struct ocib_str source)
{
    static const char *const names[] = {".",   "./",  "/",    "*",     "./*",
                                        "./.", "src", "src/", "./src", "./src/"};
    for (size_t i = 0; i < OCIB_COUNT(names); i++) {
        if (ocib_str_is(source, names[i])) {
            return true;
        }
    }
    return false;
}

static bool copies_whole(const struct ocib_instruction *ins)
{
    if (ins->kind != OCIB_INS_COPY && ins->kind != OCIB_INS_ADD) {
        return false;
    }
    for (size_t i = 0; !ocib_instruction_flag(ins, "from") && i + 1 < ins->args.len; i++) {
        if (is_whole(ins->args.items[i].text)) {
            return true;
        }
    }
    return false;
}

static bool was_before(const struct order *o, const struct installer *installer)
{
    for (size_t i = 0; i < o->count; i++) {
        if (strcmp(o->before[i], installer->program) == 0) {
            return true;
        }
    }
    return false;
}

static void check_command(struct order *o, const struct ocib_instruction *run,
                          const struct ocib_command *command)
{
    const struct installer *installer = find_installer(command);
    if (!installer || was_before(o, installer)) {
        return;
    }
    if (!o->copy) {
        o->before[o->count++] = installer->program;
        return;
    }
    struct ocib_str what = ocib_str_sub(o->copy->rest, 0, 60);
    ocib_check_report(o->c, OCIB_RULE_COPY_INVALIDATES_INSTALL, o->copy->span,
                      "'%s %.*s' stands before '%s %s' of line %u: any change of a file installs "
                      "everything again",
                      ocib_instruction_name(o->copy->kind), OCIB_STR_ARG(what), installer->program,
                      installer->verb, run->span.line);
    o->copy = NULL;
    o->before[o->count++] = installer->program;
}

static void check_run(struct order *o, const struct ocib_instruction *run)
{
    OCIB_AUTO(ocib_commands_release) struct ocib_commands commands = {0};
    /* With a cache mount an install that is run again finds all that it needs. */
    bool cheap = o->copy && ocib_run_has_mount(run, NULL);
    ocib_commands_read(run, &commands);
    for (size_t i = 0; i < commands.len && !cheap; i++) {
        check_command(o, run, &commands.items[i]);
    }
}

static void check_stage(struct ocib_checker *c, const struct ocib_stage_range *range)
{
    const struct ocib_instructions *list = &c->options->file->instructions;
    struct order o = {.c = c};
    bool seen = false;
    for (size_t i = range->first; i < range->end; i++) {
        const struct ocib_instruction *ins = &list->items[i];
        if (!seen && copies_whole(ins)) {
            o.copy = ins;
            seen = true;
        } else if (ins->kind == OCIB_INS_RUN) {
            check_run(&o, ins);
        }
    }
}

void ocib_check_order(struct ocib_checker *c)
{
    struct ocib_stage_range range = {0};
    for (size_t i = 0; ocib_check_next_stage(c->options->file, &range); i++) {
        if (!c->options->plan || c->options->all_stages ||
            ocib_check_is_needed(c->options->plan, i)) {
            check_stage(c, &range);
        }
    }
}
