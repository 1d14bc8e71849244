#include "cli/cli.h"
#include "cli/format.h"

#include <stdlib.h>
#include <string.h>

/* The documents of several images as one array: each is an array of one object. */
static int show(struct cli_common *common, const struct cli_list *images)
{
    struct ocib_options options = {.event = cli_print_event, .data = common};
    int status = 0;
    struct ocib *ocib = cli_open(common, &options, &status);
    if (!ocib) {
        return status;
    }
    for (size_t i = 0; i < images->count && status == 0; i++) {
        struct ocib_error *err = NULL;
        char *json = NULL;
        if (ocib_inspect(ocib, images->items[i], &json, &err) < 0) {
            status = cli_fail(err);
            break;
        }
        size_t len = strlen(json);
        const char *from = i ? json + 1 : json; /* without its "[" */
        bool last = i + 1 == images->count;
        printf("%s%.*s%s", i ? "," : "", (int)(len - (size_t)(from - json) - (last ? 0 : 2)), from,
               last ? "\n" : "");
        free(json);
    }
    cli_close(ocib);
    return status;
}

int cmd_inspect(const struct cli_verb *verb, struct cli_common *common, int argc, char **argv)
{
    const char *format = "json";
    bool json = false;
    const struct cli_flag table[] = {
        {"format", 0, CLI_TEXT, &format, "HOW", "json"},
        {NULL, 0, CLI_BOOL, NULL, NULL, NULL},
    };
    struct cli_list args = {0};
    int status;
    if (cli_parse(verb, common, table, argc, argv, &args, &status)) {
        const char *wrong = args.count == 0 ? "inspect takes an IMAGE" : cli_format(format, &json);
        wrong = wrong || json ? wrong : "--format takes json";
        status = wrong ? cli_usage(verb, wrong) : show(common, &args);
    }
    cli_list_release(&args);
    return status;
}
