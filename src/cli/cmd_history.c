#include "cli/cli.h"
#include "cli/format.h"
#include "cli/render.h"

static void print_json(const struct ocib_history_list *history)
{
    printf("[");
    for (size_t i = history->count; i-- > 0;) {
        const struct ocib_history_entry *entry = &history->items[i];
        printf("%s\n  {\"created\": ", i + 1 < history->count ? "," : "");
        cli_json_string(stdout, entry->created);
        printf(", \"created_by\": ");
        cli_json_string(stdout, entry->created_by);
        printf(", \"comment\": ");
        cli_json_string(stdout, entry->comment);
        printf(", \"empty_layer\": %s, \"size\": %lld}", entry->empty_layer ? "true" : "false",
               (long long)entry->size);
    }
    printf("%s]\n", history->count ? "\n" : "");
}

/* Newest first, as docker has it. */
static void print_table(const struct ocib_history_list *history, bool whole)
{
    printf("%-16s  %9s  %s\n", "CREATED", "SIZE", "CREATED BY");
    for (size_t i = history->count; i-- > 0;) {
        const struct ocib_history_entry *entry = &history->items[i];
        char age[48], size[32], text[64];
        snprintf(text, sizeof(text), "%.60s", entry->created_by);
        printf("%-16s  %9s  ", cli_age(age, entry->created), cli_size(size, entry->size));
        cli_print_clean(stdout, whole ? entry->created_by : text);
        printf("\n");
    }
}

static int show(struct cli_common *common, const char *image, bool json, bool whole)
{
    struct ocib_options options = {.event = cli_print_event, .data = common};
    struct ocib_history_list *history = NULL;
    struct ocib_error *err = NULL;
    int status = 0;
    struct ocib *ocib = cli_open(common, &options, &status);
    if (!ocib) {
        return status;
    }
    if (ocib_image_history(ocib, image, &history, &err) < 0) {
        status = cli_fail(err);
    } else if (json) {
        print_json(history);
    } else {
        print_table(history, whole);
    }
    ocib_history_free(history);
    cli_close(ocib);
    return status;
}

int cmd_history(struct cli_call *call)
{
    const char *format = "table";
    bool whole = false, json = false;
    const struct cli_flag table[] = {
        {"format", 0, CLI_TEXT, &format, "HOW", "table, json"},
        {"no-trunc", 0, CLI_BOOL, &whole, NULL, "whole instructions"},
        {NULL, 0, CLI_BOOL, NULL, NULL, NULL},
    };
    int status;
    if (cli_parse(call, table, &status)) {
        const char *wrong =
            call->args.count != 1 ? "history takes one IMAGE" : cli_format(format, &json);
        status = wrong ? cli_usage(call->verb, wrong)
                       : show(call->common, call->args.items[0], json, whole);
    }
    return status;
}
