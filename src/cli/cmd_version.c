#include "cli/cli.h"
#include "cli/format.h"
#include "cli/render.h"

int cmd_version(const struct cli_verb *verb, struct cli_common *common, int argc, char **argv)
{
    const char *format = "table";
    bool json = false;
    const struct cli_flag table[] = {
        {"format", 0, CLI_TEXT, &format, "HOW", "table, json"},
        {NULL, 0, CLI_BOOL, NULL, NULL, NULL},
    };
    struct cli_list args = {0};
    int status;
    if (cli_parse(verb, common, table, argc, argv, &args, &status)) {
        const char *wrong = args.count ? "version takes no arguments" : cli_format(format, &json);
        status = wrong ? cli_usage(verb, wrong) : 0;
        if (status == 0 && json) {
            printf("{\"version\": \"%s\", \"features\": \"%s\"}\n", ocib_version(),
                   ocib_features());
        } else if (status == 0) {
            printf("ocib %s\nbuilt with: %s\n", ocib_version(), ocib_features());
        }
    }
    cli_list_release(&args);
    return status;
}
