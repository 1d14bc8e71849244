#include "cli/cli.h"
#include "cli/format.h"
#include "cli/render.h"

#include <string.h>

static void print_json(const struct ocib_report *report)
{
    printf("{\n  \"name\": ");
    cli_json_string(stdout, report->name);
    printf(",\n  \"digest\": \"%s\",\n  \"platform\": ", report->digest);
    cli_json_string(stdout, report->platform);
    printf(",\n  \"size\": %lld,\n  \"compressedSize\": %lld,\n  \"layers\": [",
           (long long)report->size, (long long)report->compressed_size);
    for (size_t i = 0; i < report->count; i++) {
        const struct ocib_report_layer *layer = &report->layers[i];
        printf("%s\n    {\"digest\": \"%s\", \"diffID\": \"%s\", \"size\": %lld, "
               "\"compressedSize\": %lld, "
               "\"instruction\": ",
               i ? "," : "", layer->digest, layer->diff_id, (long long)layer->size,
               (long long)layer->compressed_size);
        cli_json_string(stdout, layer->instruction);
        printf(", \"file\": ");
        cli_json_string(stdout, layer->file);
        printf(", \"line\": %u, \"endLine\": %u}", layer->line, layer->end_line);
    }
    printf("%s]\n}\n", report->count ? "\n  " : "");
}

static void print_place(const struct ocib_report_layer *layer, int width)
{
    char place[256] = "";
    if (layer->line) {
        snprintf(place, sizeof(place), "%s:%u", layer->file, layer->line);
    }
    printf("%-*s  ", width, place);
}

static int place_width(const struct ocib_report *report)
{
    int width = 4;
    for (size_t i = 0; i < report->count; i++) {
        int len = report->layers[i].line
                      ? snprintf(NULL, 0, "%s:%u", report->layers[i].file, report->layers[i].line)
                      : 0;
        width = len > width ? len : width;
    }
    return width < 40 ? width : 40;
}

static void print_table(const struct ocib_report *report)
{
    char size[32], packed[32];
    int width = place_width(report);
    printf("%s %s %.19s\n\n", *report->name ? report->name : "(no name)", report->platform,
           report->digest);
    printf("%5s  %9s  %10s  %5s  %-*s  %s\n", "LAYER", "SIZE", "COMPRESSED", "SHARE", width, "LINE",
           "INSTRUCTION");
    for (size_t i = 0; i < report->count; i++) {
        const struct ocib_report_layer *layer = &report->layers[i];
        char text[72];
        double share = report->compressed_size ? 100.0 * (double)layer->compressed_size /
                                                     (double)report->compressed_size
                                               : 0;
        snprintf(text, sizeof(text), "%.70s", layer->instruction);
        printf("%5zu  %9s  %10s  %4.0f%%  ", i + 1, cli_size(size, layer->size),
               cli_size(packed, layer->compressed_size), share);
        print_place(layer, width);
        cli_print_clean(stdout, text);
        printf("\n");
    }
    printf("%5s  %9s  %10s  %5s  %zu layers\n", "total", cli_size(size, report->size),
           cli_size(packed, report->compressed_size), "", report->count);
}

static int show(struct cli_common *common, const char *image, bool json)
{
    struct ocib_options options = {.event = cli_print_event, .data = common};
    struct ocib_report *report = NULL;
    struct ocib_error *err = NULL;
    int status = 0;
    struct ocib *ocib = cli_open(common, &options, &status);
    if (!ocib) {
        return status;
    }
    if (ocib_report(ocib, image, &report, &err) < 0) {
        status = cli_fail(err);
    } else if (json) {
        print_json(report);
    } else {
        print_table(report);
    }
    ocib_report_free(report);
    cli_close(ocib);
    return status;
}

int cmd_report(struct cli_call *call)
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
            call->args.count != 1 ? "report takes one IMAGE" : cli_format(format, &json);
        status =
            wrong ? cli_usage(call->verb, wrong) : show(call->common, call->args.items[0], json);
    }
    return status;
}
