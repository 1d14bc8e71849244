#include "cli/cli.h"
#include "cli/progress.h"

#include <stdlib.h>

static int push(struct cli_common *common, const char *image, const char *dest, bool quiet)
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
    if (ocib_push(ocib, image, dest, &digest, &err) < 0) {
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
    bool quiet = false;
    const struct cli_flag table[] = {
        {"quiet", 'q', CLI_BOOL, &quiet, NULL, "print the digest only"},
        {NULL, 0, CLI_BOOL, NULL, NULL, NULL},
    };
    int status;
    if (cli_parse(call, table, &status)) {
        bool fits = call->args.count == 1 || call->args.count == 2;
        status = fits ? push(call->common, call->args.items[0],
                             call->args.count == 2 ? call->args.items[1] : NULL, quiet)
                      : cli_usage(call->verb, "push takes an IMAGE and perhaps a DEST");
    }
    return status;
}
