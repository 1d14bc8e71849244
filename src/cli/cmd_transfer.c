#include "cli/cli.h"
#include "cli/progress.h"

#include <stdlib.h>

/* What push and pull share: a session with progress, and the digest on standard output. */
struct transfer {
    struct cli_call *call;
    const char *platform;
    bool quiet;
    int (*move)(struct ocib *ocib, const struct transfer *transfer, char **digest,
                struct ocib_error **err);
};

static int push(struct ocib *ocib, const struct transfer *transfer, char **digest,
                struct ocib_error **err)
{
    const struct cli_list *args = &transfer->call->args;
    return ocib_push(ocib, args->items[0], args->count == 2 ? args->items[1] : NULL, digest, err);
}

static int pull(struct ocib *ocib, const struct transfer *transfer, char **digest,
                struct ocib_error **err)
{
    return ocib_pull(ocib, transfer->call->args.items[0], transfer->platform, digest, err);
}

static int run(const struct transfer *transfer)
{
    struct cli_progress progress = {.common = transfer->call->common, .quiet = transfer->quiet};
    struct ocib_options options = {.event = cli_progress_event, .data = &progress};
    struct ocib_error *err = NULL;
    char *digest = NULL;
    int status = 0;
    struct ocib *ocib = cli_open(transfer->call->common, &options, &status);
    if (!ocib) {
        return status;
    }
    if (transfer->move(ocib, transfer, &digest, &err) < 0) {
        status = cli_fail(err);
    } else {
        printf("%s\n", digest);
    }
    free(digest);
    cli_close(ocib);
    return status;
}

int cmd_push(struct cli_call *call)
{
    struct transfer transfer = {.call = call, .move = push};
    const struct cli_flag table[] = {
        {"quiet", 'q', CLI_BOOL, &transfer.quiet, NULL, "print the digest only"},
        {NULL, 0, CLI_BOOL, NULL, NULL, NULL},
    };
    int status;
    if (cli_parse(call, table, &status)) {
        bool fits = call->args.count == 1 || call->args.count == 2;
        status =
            fits ? run(&transfer) : cli_usage(call->verb, "push takes an IMAGE and perhaps a DEST");
    }
    return status;
}

int cmd_pull(struct cli_call *call)
{
    struct transfer transfer = {.call = call, .move = pull};
    const struct cli_flag table[] = {
        {"platform", 0, CLI_TEXT, &transfer.platform, "OS/ARCH", "the platform to fetch"},
        {"quiet", 'q', CLI_BOOL, &transfer.quiet, NULL, "print the digest only"},
        {NULL, 0, CLI_BOOL, NULL, NULL, NULL},
    };
    int status;
    if (cli_parse(call, table, &status)) {
        status =
            call->args.count == 1 ? run(&transfer) : cli_usage(call->verb, "pull takes one IMAGE");
    }
    return status;
}
