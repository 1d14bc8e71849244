#include "check/internal.h"

/*
 * What the image says of how it is run: USER and HEALTHCHECK. Only of images that are made to be
 * run: a base for others, or a folder of files, has neither CMD nor ENTRYPOINT of its own.
 */

struct final {
    struct ocib_checker *c;
    const struct ocib_instruction *command; /* ENTRYPOINT, else CMD, of the file */
    const struct ocib_instruction *user;
    const struct ocib_instruction *expose;
    const struct ocib_config *base;
    bool health;
    bool drops; /* a program gives up root by itself */
};

/* Programs that start as root to become somebody else, and those that are there to do that. */
static bool gives_up_root(const char *program)
{
    static const char *const known[] = {
        "apache2",    "apache2-foreground",
        "apache2ctl", "apachectl",
        "cron",       "crond",
        "dovecot",    "gosu",
        "haproxy",    "httpd",
        "init",       "nginx",
        "php-fpm",    "postfix",
        "runuser",    "s6-setuidgid",
        "setpriv",    "sshd",
        "su-exec",    "supervisord",
        "systemd",
    };
    for (size_t i = 0; i < OCIB_COUNT(known); i++) {
        if (strcmp(program, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void look_for_drop(struct final *f, const struct ocib_instruction *ins)
{
    OCIB_AUTO(ocib_commands_release) struct ocib_commands commands = {0};
    ocib_commands_read(ins, &commands);
    for (size_t i = 0; i < commands.len; i++) {
        const struct ocib_command *command = &commands.items[i];
        bool run = ins->kind == OCIB_INS_RUN;
        f->drops = f->drops || (!run && gives_up_root(ocib_command_name(command)));
        /* A step that installs such a program, or sets the bit of it. */
        f->drops =
            f->drops || ocib_command_has(command, "gosu") || ocib_command_has(command, "su-exec");
    }
}

static void look_at(struct final *f, const struct ocib_instruction *ins)
{
    switch (ins->kind) {
    case OCIB_INS_ENTRYPOINT:
    case OCIB_INS_CMD:
        if (ins->kind == OCIB_INS_ENTRYPOINT || !f->command || f->command->kind == OCIB_INS_CMD) {
            f->command = ins;
        }
        look_for_drop(f, ins);
        break;
    case OCIB_INS_RUN:
        look_for_drop(f, ins);
        break;
    case OCIB_INS_USER:
        f->user = ins;
        break;
    case OCIB_INS_EXPOSE:
        f->expose = ins;
        break;
    case OCIB_INS_HEALTHCHECK:
        f->health = true;
        break;
    default:
        break;
    }
}

/* The stage that the image begins with, and all from it on; false if that is not to be known. */
static void look_at_chain(struct final *f, size_t target)
{
    const struct ocib_check_options *options = f->c->options;
    const struct ocib_instructions *list = &options->file->instructions;
    struct ocib_stage_range range = {0};
    for (size_t i = 0; i <= target && ocib_check_next_stage(options->file, &range); i++) {
        if (!ocib_check_is_in_image(options->plan, i)) {
            continue;
        }
        bool image = ocib_plan_stage(options->plan, i)->base == OCIB_BASE_IMAGE;
        f->base = image && options->base ? options->base(options->data, i) : f->base;
        for (size_t k = range.first; k < range.end; k++) {
            look_at(f, &list->items[k]);
        }
    }
}

static bool is_root(struct ocib_str user)
{
    ptrdiff_t colon = ocib_str_find(user, ':');
    user = ocib_str_trim(ocib_str_sub(user, 0, colon < 0 ? user.len : (size_t)colon));
    return user.len == 0 || ocib_str_is(user, "root") || ocib_str_is(user, "0");
}

static void check_user(struct final *f)
{
    const char *base_user = f->base && f->base->user ? f->base->user : "";
    if (f->drops || (!f->user && !is_root(ocib_str(base_user)))) {
        return;
    }
    const char *kind = ocib_instruction_name(f->command->kind);
    if (!f->user) {
        ocib_check_report(f->c, OCIB_RULE_MISSING_USER, f->command->span,
                          "%s runs as root: no USER stands above it", kind);
    } else if (is_root(f->user->args.items[0].text)) {
        ocib_check_report(f->c, OCIB_RULE_MISSING_USER, f->user->span,
                          "%s runs as root: this is the last USER", kind);
    }
}

void ocib_check_final(struct ocib_checker *c)
{
    struct final f = {.c = c};
    if (!c->options->plan) {
        return;
    }
    look_at_chain(&f, ocib_plan_target(c->options->plan));
    if (!f.command) {
        return;
    }
    check_user(&f);
    if (f.expose && !f.health && !(f.base && f.base->healthcheck)) {
        ocib_check_report(c, OCIB_RULE_MISSING_HEALTHCHECK, f.expose->span,
                          "a port is exposed, and no HEALTHCHECK says whether it is served");
    }
}
