#include "cli/cli.h"
#include "cli/format.h"
#include "cli/render.h"

int cmd_version(struct cli_call *call)
{
    const char *format = "table";
    bool json = false;
    const struct cli_flag table[] = {
        {"format", 0, CLI_TEXT, &format, "HOW", "table, json"},
        {NULL, 0, CLI_BOOL, NULL, NULL, NULL},
    };
    int status;
    if (cli_parse(call, table, &status)) {
        const char *wrong =
            call->args.count ? "version takes no arguments" : cli_format(format, &json);
        status = wrong ? cli_usage(call->verb, wrong) : 0;
        if (status == 0 && json) {
            printf("{\"version\": \"%s\", \"features\": \"%s\"}\n", ocib_version(),
                   ocib_features());
        } else if (status == 0) {
            printf("ocib %s\nbuilt with: %s\n", ocib_version(), ocib_features());
        }
    }
    return status;
}
