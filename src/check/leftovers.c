#include "check/internal.h"

/*
 * Lists and caches of package managers that a RUN leaves in the image. Only where it matters: in
 * the stages that the image is built upon, not in those that something is copied from.
 */

struct manager {
    const char *names[4]; /* of the program */
    const char *verbs[4]; /* that leave something; NULL-ended */
    const char *folder;   /* where */
    const char *also;     /* another such folder, or NULL */
    const char *option;   /* with which it leaves nothing, or NULL */
    const char *cleans;   /* the verb that cleans up, or NULL */
};

static const struct manager managers[] = {
    {{"apt-get", "apt", "aptitude"}, {"update"}, "/var/lib/apt/lists", NULL, NULL, NULL},
    {{"apk"}, {"add", "update", "upgrade"}, "/var/cache/apk", "/etc/apk/cache", "--no-cache", NULL},
    {{"dnf", "microdnf", "yum"},
     {"install", "update", "upgrade"},
     "/var/cache/dnf",
     "/var/cache/yum",
     NULL,
     "clean"},
};

static bool is_one_of(const char *word, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count && list[i]; i++) {
        if (strcmp(word, list[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool leaves(const struct manager *m, const struct ocib_command *command)
{
    return is_one_of(ocib_command_name(command), m->names, OCIB_COUNT(m->names)) &&
           is_one_of(ocib_command_verb(command), m->verbs, OCIB_COUNT(m->verbs)) &&
           !(m->option && ocib_command_has(command, m->option));
}

/* "rm -rf /var/lib/apt/lists/…", also of a folder above it; "dnf clean all". */
static bool cleans(const struct manager *m, const struct ocib_command *command)
{
    const char *name = ocib_command_name(command);
    if (m->cleans && is_one_of(name, m->names, OCIB_COUNT(m->names))) {
        return strcmp(ocib_command_verb(command), m->cleans) == 0;
    }
    bool removes = strcmp(name, "rm") == 0 || strcmp(name, "find") == 0;
    for (size_t i = 1; removes && i < command->words.len; i++) {
        struct ocib_str word = ocib_str(command->words.items[i]);
        while (word.len > 1 && (word.s[word.len - 1] == '*' || word.s[word.len - 1] == '/')) {
            word.len--;
        }
        if (word.len > 1 && (strncmp(m->folder, word.s, word.len) == 0 ||
                             (m->also && strncmp(m->also, word.s, word.len) == 0))) {
            return true;
        }
    }
    return false;
}

static bool on_mount(const struct manager *m, const struct ocib_instruction *run)
{
    return ocib_run_has_mount(run, m->folder) || (m->also && ocib_run_has_mount(run, m->also));
}

static void check_manager(struct ocib_checker *c, const struct manager *m,
                          const struct ocib_instruction *run, const struct ocib_commands *commands)
{
    const struct ocib_command *left = NULL;
    for (size_t i = 0; i < commands->len; i++) {
        const struct ocib_command *command = &commands->items[i];
        if (cleans(m, command)) {
            left = NULL;
        } else if (leaves(m, command)) {
            left = command;
        }
    }
    if (left && !on_mount(m, run)) {
        ocib_check_report(c, OCIB_RULE_PACKAGE_LISTS_LEFT, run->span,
                          "what '%s %s' keeps in %s stays in the image", ocib_command_name(left),
                          ocib_command_verb(left), m->folder);
    }
}

static void check_run(struct ocib_checker *c, const struct ocib_instruction *run)
{
    OCIB_AUTO(ocib_commands_release) struct ocib_commands commands = {0};
    ocib_commands_read(run, &commands);
    for (size_t i = 0; i < OCIB_COUNT(managers); i++) {
        check_manager(c, &managers[i], run, &commands);
    }
}

void ocib_check_leftovers(struct ocib_checker *c)
{
    const struct ocib_plan *plan = c->options->plan;
    const struct ocib_instructions *list = &c->options->file->instructions;
    if (!plan) {
        return;
    }
    struct ocib_stage_range range = {0};
    for (size_t i = 0; ocib_check_next_stage(c->options->file, &range); i++) {
        if (!ocib_check_is_in_image(plan, i)) {
            continue;
        }
        for (size_t k = range.first; k < range.end; k++) {
            if (list->items[k].kind == OCIB_INS_RUN) {
                check_run(c, &list->items[k]);
            }
        }
    }
}
