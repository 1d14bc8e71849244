#include "cli/cli.h"
#include "cli/step_flags.h"
#include "cli/terminal.h"

#include <errno.h>
#include <unistd.h>

/* As docker run: its own failures are told from the command's by this status. */
enum { STATUS_OWN = 125 };

struct flags {
    struct ocib_run_options options;
    struct cli_step_flags steps;
    struct cli_list env, env_files, volumes;
    const char *sandbox;
    bool interactive;
    bool terminal;
    bool remove;
};

/* What the command prints goes where the program's own output goes, as it comes. */
static void put(void *data, int stream, const char *bytes, size_t length)
{
    (void)data;
    while (length > 0) {
        ssize_t n = write(stream, bytes, length);
        if (n < 0 && errno != EINTR) {
            return; /* nobody reads it any more */
        }
        bytes += n < 0 ? 0 : n;
        length -= n < 0 ? 0 : (size_t)n;
    }
}

static const char *complete(struct cli_call *call, struct flags *flags)
{
    struct ocib_run_options *options = &flags->options;
    if (call->args.count == 0) {
        return "run takes an IMAGE, and perhaps a command";
    }
    if (!flags->remove) {
        return "--rm=false is not supported: what a run changes is always thrown away";
    }
    if (flags->terminal && flags->interactive && !isatty(STDIN_FILENO)) {
        return "the input device is not a terminal: leave -t out";
    }
    cli_step_flags_finish(&flags->steps);
    options->steps = flags->steps.options;
    options->image = call->args.items[0];
    options->command = call->args.items + 1;
    options->env = flags->env.items;
    options->env_files = flags->env_files.items;
    options->volumes = flags->volumes.items;
    options->input_fd = flags->interactive ? STDIN_FILENO : -1;
    options->terminal = flags->terminal;
    options->size_fd = isatty(STDIN_FILENO) ? STDIN_FILENO : STDOUT_FILENO;
    options->output = put;
    return NULL;
}

static int run(struct cli_call *call, struct flags *flags)
{
    struct ocib_options options = {
        .steps = true, .sandbox = flags->sandbox, .event = cli_print_event, .data = call->common};
    struct cli_terminal terminal = {.raw = false};
    struct ocib_error *err = NULL;
    int status = 0;
    struct ocib *ocib = cli_open(call->common, &options, &status);
    if (!ocib) {
        return STATUS_OWN;
    }
    if (flags->terminal && flags->interactive) {
        cli_terminal_raw(&terminal);
    }
    int failed = ocib_run(ocib, &flags->options, &status, &err);
    cli_terminal_restore(&terminal);
    if (failed) {
        bool interrupted = ocib_error_code(err) == OCIB_EINTERRUPTED;
        status = cli_fail(err);
        status = interrupted ? status : STATUS_OWN;
    }
    cli_close(ocib);
    return status;
}

int cmd_run(struct cli_call *call)
{
    struct flags flags = {.remove = true};
    const struct cli_flag table[] = {
        {"interactive", 'i', CLI_BOOL, &flags.interactive, NULL,
         "the command reads standard input"},
        {"tty", 't', CLI_BOOL, &flags.terminal, NULL, "the command has a terminal"},
        {"env", 'e', CLI_LIST, &flags.env, "NAME[=VALUE]", "a variable (many)"},
        {"env-file", 0, CLI_LIST, &flags.env_files, "FILE", "a file of variables (many)"},
        {"user", 'u', CLI_TEXT, &flags.options.user, "USER[:GROUP]", "in place of the image's"},
        {"workdir", 'w', CLI_TEXT, &flags.options.workdir, "PATH", "in place of the image's"},
        {"entrypoint", 0, CLI_TEXT, &flags.options.entrypoint, "PROGRAM",
         "in place of the image's; empty: none"},
        {"volume", 'v', CLI_LIST, &flags.volumes, "FOLDER:TARGET[:ro]",
         "a folder or file of this machine (many)"},
        {"hostname", 'h', CLI_TEXT, &flags.options.hostname, "NAME", "the host name, ocib"},
        {"network", 0, CLI_TEXT, &flags.options.network, "MODE", "default, host, none"},
        {"platform", 0, CLI_TEXT, &flags.options.platform, "OS/ARCH", "to pull for"},
        {"rm", 0, CLI_BOOL, &flags.remove, NULL, "always: nothing of a run stays"},
        {"sandbox", 0, CLI_TEXT, &flags.sandbox, "MODE", "how it runs: as in ocib build"},
        {NULL, 0, CLI_BOOL, NULL, NULL, NULL},
    };
    const struct cli_flag more[] = CLI_STEP_FLAGS(&flags.steps);
    int status;
    call->more_flags = more;
    call->flags_in_front = true;
    if (cli_parse(call, table, &status)) {
        const char *wrong = complete(call, &flags);
        status = wrong ? (cli_usage(call->verb, wrong), STATUS_OWN) : run(call, &flags);
    } else if (status != 0) {
        status = STATUS_OWN;
    }
    cli_list_release(&flags.env);
    cli_list_release(&flags.env_files);
    cli_list_release(&flags.volumes);
    cli_step_flags_release(&flags.steps);
    return status;
}
