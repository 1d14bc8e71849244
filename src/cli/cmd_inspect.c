#include "cli/cli.h"
#include "cli/format.h"

#include <stdlib.h>
#include <string.h>

/* Several documents as one array: each is an array of one object, "[…]\n". */
static void print_all(char *const *documents, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *inside = documents[i] + 1;
        const char *end = strrchr(inside, ']');
        int len = end ? (int)(end - inside) : 0;
        while (len && inside[len - 1] == '\n') {
            len--;
        }
        printf("%s%.*s", i ? "," : "[", len, inside);
    }
    printf("\n]\n");
}

/* Nothing is printed unless all are found: half an array is no JSON. */
static int show(struct cli_common *common, const struct cli_list *images)
{
    struct ocib_options options = {.event = cli_print_event, .data = common};
    int status = 0;
    struct ocib *ocib = cli_open(common, &options, &status);
    char **documents = calloc(images->count, sizeof(*documents));
    for (size_t i = 0; ocib && documents && i < images->count && status == 0; i++) {
        struct ocib_error *err = NULL;
        if (ocib_inspect(ocib, images->items[i], &documents[i], &err) < 0) {
            status = cli_fail(err);
        }
    }
    if (ocib && documents && status == 0) {
        print_all(documents, images->count);
    }
    for (size_t i = 0; documents && i < images->count; i++) {
        free(documents[i]);
    }
    free(documents);
    if (ocib) {
        cli_close(ocib);
    }
    return status;
}

int cmd_inspect(struct cli_call *call)
{
    const char *format = "json";
    bool json = false;
    const struct cli_flag table[] = {
        {"format", 0, CLI_TEXT, &format, "HOW", "json"},
        {NULL, 0, CLI_BOOL, NULL, NULL, NULL},
    };
    int status;
    if (cli_parse(call, table, &status)) {
        const char *wrong =
            call->args.count == 0 ? "inspect takes an IMAGE" : cli_format(format, &json);
        wrong = wrong || json ? wrong : "--format takes json";
        status = wrong ? cli_usage(call->verb, wrong) : show(call->common, &call->args);
    }
    return status;
}
