#include "cli/cli.h"
#include "cli/progress.h"

#include <stdlib.h>

static int pull(struct cli_common *common, const char *name, const char *platform, bool quiet)
{
    struct cli_progress progress = {.common = common, .quiet = quiet};
    struct ocib_options options = {.event = cli_progress_event, .data = &progress};
    struct ocib_error *err = NULL;
    char *digest = NULL;
    int status = 0;
    struct ocib *ocib = cli_open(common, &options, &status);
    if (!ocib) {
        return status;
    }
    if (ocib_pull(ocib, name, platform, &digest, &err) < 0) {
        status = cli_fail(err);
    } else {
        printf("%s\n", digest);
    }
    free(digest);
    cli_close(ocib);
    return status;
}

int cmd_pull(struct cli_call *call)
{
    const char *platform = NULL;
    bool quiet = false;
    const struct cli_flag table[] = {
        {"platform", 0, CLI_TEXT, &platform, "OS/ARCH", "the platform to fetch"},
        {"quiet", 'q', CLI_BOOL, &quiet, NULL, "print the digest only"},
        {NULL, 0, CLI_BOOL, NULL, NULL, NULL},
    };
    int status;
    if (cli_parse(call, table, &status)) {
        status = call->args.count == 1 ? pull(call->common, call->args.items[0], platform, quiet)
                                       : cli_usage(call->verb, "pull takes one IMAGE");
    }
    return status;
}
