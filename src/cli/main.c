#include "cli/cli.h"
#include "cli/render.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct cli_verb cli_verbs[] = {
    {"build", "[flags] CONTEXT", "build an image from a Dockerfile",
     "  ocib build -t mall_backend:latest backend/\n"
     "  ocib build -f docker/Dockerfile --target test --build-arg VERSION=3 .\n"
     "  ocib build -t app -o type=oci,dest=app.tar .\n",
     cmd_build},
    {"check", "[flags] [CONTEXT]", "look for mistakes in a Dockerfile without building it",
     "  ocib check\n"
     "  ocib check -f docker/Dockerfile --target test --build-arg VERSION=3 .\n"
     "  ocib check --format sarif backend > check.sarif\n",
     cmd_check},
    {"run", "[flags] IMAGE [COMMAND [WORD...]]", "run a command in an image, to try it",
     "  ocib run alpine cat /etc/os-release\n"
     "  ocib run -it -v $PWD:/work -w /work python:3.12 bash\n",
     cmd_run},
    {"push", "[flags] IMAGE [DEST]", "send an image of the store to a registry",
     "  ocib push registry.example.com/team/app:1.2\n"
     "  ocib push app registry.example.com/team/app:1.2\n",
     cmd_push},
    {"pull", "[flags] IMAGE", "fetch an image into the store",
     "  ocib pull python:3.10-slim\n"
     "  ocib pull --platform linux/arm64 alpine\n",
     cmd_pull},
    {"images", "[flags]", "list the images of the store",
     "  ocib images\n"
     "  ocib images --format json\n",
     cmd_images},
    {"tag", "IMAGE NAME", "give an image another name",
     "  ocib tag app registry.example.com/team/app:1.2\n", cmd_tag},
    {"untag", "NAME...", "take names away from images", "  ocib untag app:old\n", cmd_untag},
    {"inspect", "IMAGE...", "show an image's config as JSON", "  ocib inspect mall_backend\n",
     cmd_inspect},
    {"history", "[flags] IMAGE", "show the instructions that made an image",
     "  ocib history mall_backend\n"
     "  ocib history --no-trunc --format json mall_backend\n",
     cmd_history},
    {"report", "[flags] IMAGE", "show what makes an image large, by Dockerfile line",
     "  ocib report mall_backend\n"
     "  ocib report --format json mall_backend\n",
     cmd_report},
    {"doctor", "[flags]", "tell what this machine can do for RUN, and what would help",
     "  ocib doctor\n"
     "  ocib doctor --format json\n",
     cmd_doctor},
    {"version", "[flags]", "show the version and what it was built with", "  ocib version\n",
     cmd_version},
    {"help", "[VERB]", "explain a verb", "  ocib help build\n", cmd_help},
    {NULL, NULL, NULL, NULL, NULL},
};

/* What the signal handler needs: the one place where the program has state of its own. */
static struct ocib *volatile interruptible;
static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
    if (interruptible) {
        ocib_interrupt(interruptible);
    }
}

static void handle_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: waits must end */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

struct ocib *cli_open(const struct cli_common *common, struct ocib_options *options, int *status)
{
    struct ocib_error *err = NULL;
    options->root = common->root;
    options->registry_ca = common->registry_ca;
    options->authfile = common->authfile;
    options->insecure = !common->tls_verify;
    options->mirrors = common->mirrors.items;
    handle_signals();
    struct ocib *ocib = ocib_open(options, &err);
    if (!ocib) {
        *status = cli_fail(err);
        return NULL;
    }
    interruptible = ocib;
    if (caught) { /* it came before there was something to interrupt */
        ocib_interrupt(ocib);
    }
    return ocib;
}

void cli_close(struct ocib *ocib)
{
    interruptible = NULL;
    ocib_close(ocib);
}

int cli_fail(struct ocib_error *err)
{
    int status = ocib_error_exit_status(err);
    if (ocib_error_code(err) == OCIB_EINTERRUPTED) {
        status = 128 + (caught ? caught : SIGINT);
        fprintf(stderr, "ocib: interrupted; nothing is left behind\n");
    } else {
        cli_render_error(stderr, err);
    }
    ocib_error_free(err);
    return status;
}

static int level_of(const char *name)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(name, names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

void cli_print_event(void *data, const struct ocib_event *event)
{
    static const char *const kinds[] = {"debug", "note", "warning"};
    const struct cli_common *common = data;
    if (event->kind == OCIB_EVENT_MESSAGE && (int)event->level >= level_of(common->log_level)) {
        cli_render_message(stderr, kinds[event->level], &event->place, event->text);
    }
}

/* Most flags of `common` borrow from argv; the environment gives what no flag says. */
static void init_common(struct cli_common *common)
{
    *common = (struct cli_common){.tls_verify = true, .log_level = "info"};
    common->no_color = getenv("NO_COLOR") && *getenv("NO_COLOR");
}

static void print_flags(const struct cli_flag *flags)
{
    for (; flags->name; flags++) {
        char left[64];
        if (flags->kind == CLI_UNSUPPORTED) {
            continue;
        }
        snprintf(left, sizeof(left), "%c%c%s--%s%s%s", flags->letter ? '-' : ' ',
                 flags->letter ? flags->letter : ' ', flags->letter ? ", " : "  ", flags->name,
                 flags->value ? " " : "", flags->value ? flags->value : "");
        printf("  %-32s %s\n", left, flags->help);
    }
}

static void print_verb_help(const struct cli_call *call, const struct cli_flag *flags,
                            const struct cli_flag *common)
{
    const struct cli_verb *verb = call->verb;
    printf("ocib %s %s\n\n%c%s.\n\nExamples:\n%s", verb->name, verb->usage,
           verb->summary[0] - 'a' + 'A', verb->summary + 1, verb->help);
    if (flags && flags->name) {
        printf("\nFlags:\n");
        print_flags(flags);
    }
    if (call->more_flags) {
        printf("\nWhat steps may do:\n");
        print_flags(call->more_flags);
    }
    printf("\nCommon flags:\n");
    print_flags(common);
}

#define COMMON_FLAGS(common)                                                                        \
    {                                                                                               \
        {"root", 0, CLI_TEXT, &(common)->root, "DIR", "the store (also OCIB_ROOT)"},                \
            {"tls-verify",          0,    CLI_BOOL,                                                 \
             &(common)->tls_verify, NULL, "=false: accept plain HTTP and unknown certificates"},    \
            {"registry-ca",          0,      CLI_TEXT,                                              \
             &(common)->registry_ca, "FILE", "certificates to trust, for registries"},              \
            {"authfile", 0, CLI_TEXT, &(common)->authfile, "FILE", "credentials for registries"},   \
            {"mirror", 0, CLI_LIST, &(common)->mirrors, "HOST=URL", "where to ask first for HOST"}, \
            {"log-level", 0, CLI_TEXT, &(common)->log_level, "LEVEL", "debug, info, warn, error"},  \
            {"no-color", 0, CLI_BOOL, &(common)->no_color, NULL, "no colours (also NO_COLOR)"},     \
            {"help", 'h', CLI_BOOL, &(common)->help, NULL, "show this"},                            \
        {                                                                                           \
            NULL, 0, CLI_BOOL, NULL, NULL, NULL                                                     \
        }                                                                                           \
    }

bool cli_parse(struct cli_call *call, const struct cli_flag *flags, int *status)
{
    struct cli_common *common = call->common;
    const struct cli_flag common_flags[] = COMMON_FLAGS(common);
    const struct cli_flag *tables[] = {flags ? flags : common_flags, common_flags, call->more_flags,
                                       NULL};
    char *wrong = cli_read_flags(tables, call->argc, call->argv, call->flags_in_front, &call->args);
    if (!wrong && level_of(common->log_level) < 0 &&
        asprintf(&wrong, "--log-level: '%s' is none of debug, info, warn, error",
                 common->log_level) < 0) {
        abort();
    }
    if (wrong) {
        *status = cli_usage(call->verb, wrong);
        free(wrong);
        return false;
    }
    if (common->help) {
        print_verb_help(call, flags, common_flags);
        *status = 0;
        return false;
    }
    return true;
}

int cli_usage(const struct cli_verb *verb, const char *what)
{
    fprintf(stderr, "ocib: error: %s\nhint: usage: ocib %s %s; see ocib help %s\n", what,
            verb->name, verb->usage, verb->name);
    return 2;
}

static void print_help(FILE *out)
{
    fprintf(
        out,
        "ocib builds, pushes and explains container images, without a daemon and without root.\n\n"
        "Usage: ocib VERB [flags] [arguments]\n\n");
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
        fprintf(out, "  %-10s %s\n", verb->name, verb->summary);
    }
    fprintf(out, "\nocib VERB --help explains a verb.\n");
}

static const struct cli_verb *find_verb(const char *name)
{
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
        if (strcmp(verb->name, name) == 0) {
            return verb;
        }
    }
    return NULL;
}

int cmd_help(struct cli_call *call)
{
    const struct cli_verb *about = call->argc ? find_verb(call->argv[0]) : call->verb;
    if (about && about->run == cmd_help) {
        print_help(stdout);
        return 0;
    }
    if (!about) {
        fprintf(stderr, "ocib: error: there is no verb '%s'\nhint: ocib help lists the verbs\n",
                call->argv[0]);
        return 2;
    }
    char help[] = "--help";
    char *words[] = {help, NULL};
    struct cli_call help_call = {.verb = about, .common = call->common, .argc = 1, .argv = words};
    int status = about->run(&help_call);
    cli_list_release(&help_call.args);
    return status;
}

/* The position of the verb: common flags may stand before it. -1: wrong flags, said. */
static int skip_common(struct cli_common *common, int argc, char **argv)
{
    const struct cli_flag flags[] = COMMON_FLAGS(common);
    int at = 1;
    while (at < argc && argv[at][0] == '-') {
        const struct cli_flag *flag = NULL;
        for (size_t i = 0; flags[i].name && !flag; i++) {
            size_t len = strlen(flags[i].name);
            bool is_long = strncmp(argv[at], "--", 2) == 0 &&
                           strncmp(argv[at] + 2, flags[i].name, len) == 0 &&
                           (argv[at][2 + len] == '\0' || argv[at][2 + len] == '=');
            bool is_short =
                flags[i].letter && argv[at][1] == flags[i].letter && argv[at][2] == '\0';
            flag = is_long || is_short ? &flags[i] : NULL;
        }
        int words = flag && flag->kind != CLI_BOOL && !strchr(argv[at], '=') ? 2 : 1;
        struct cli_list none = {0};
        const struct cli_flag *tables[] = {flags, NULL};
        char *wrong =
            cli_read_flags(tables, at + words <= argc ? words : argc - at, argv + at, false, &none);
        cli_list_release(&none);
        if (wrong) {
            fprintf(stderr, "ocib: error: %s\nhint: ocib help lists the verbs\n", wrong);
            free(wrong);
            return -1;
        }
        at += words;
    }
    return at;
}

int main(int argc, char **argv)
{
    ocib_child(argc, argv);
    struct cli_common common;
    init_common(&common);
    int at = skip_common(&common, argc, argv);
    if (at < 0) {
        return 2;
    }
    if (common.help || at >= argc) {
        print_help(common.help ? stdout : stderr);
        return common.help ? 0 : 2;
    }
    const struct cli_verb *verb = find_verb(argv[at]);
    if (!verb) {
        fprintf(stderr, "ocib: error: there is no verb '%s'\nhint: ocib help lists the verbs\n",
                argv[at]);
        return 2;
    }
    struct cli_call call = {
        .verb = verb, .common = &common, .argc = argc - at - 1, .argv = argv + at + 1};
    int status = verb->run(&call);
    cli_list_release(&call.args);
    cli_list_release(&common.mirrors);
    if (fflush(stdout) != 0 && status == 0) {
        fprintf(stderr, "ocib: error: can't write to standard output\n");
        status = 9;
    }
    return status;
}
