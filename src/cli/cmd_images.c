#include "cli/cli.h"
#include "cli/format.h"
#include "cli/render.h"

#include <string.h>

static void print_json(const struct ocib_images *images)
{
    printf("[");
    for (size_t i = 0; i < images->count; i++) {
        const struct ocib_image *image = &images->items[i];
        printf("%s\n  {\"name\": ", i ? "," : "");
        cli_json_string(stdout, image->name);
        printf(", \"digest\": \"%s\", \"id\": \"%s\", \"created\": ", image->digest, image->id);
        cli_json_string(stdout, image->created);
        printf(", \"platform\": ");
        cli_json_string(stdout, image->platform);
        printf(", \"size\": %lld, \"layers\": %zu}", (long long)image->size, image->layers);
    }
    printf("%s]\n", images->count ? "\n" : "");
}

static void print_table(const struct ocib_images *images)
{
    int width = 4;
    for (size_t i = 0; i < images->count; i++) {
        int len = (int)strlen(images->items[i].name);
        width = len > width ? len : width;
    }
    printf("%-*s  %-12s  %-14s  %9s  %6s  %s\n", width, "NAME", "ID", "PLATFORM", "SIZE", "LAYERS",
           "CREATED");
    for (size_t i = 0; i < images->count; i++) {
        const struct ocib_image *image = &images->items[i];
        char size[32], age[48];
        printf("%-*s  %.12s  %-14s  %9s  %6zu  %s\n", width, image->name,
               image->id + strlen("sha256:"), image->platform, cli_size(size, image->size),
               image->layers, cli_age(age, image->created));
    }
}

static int list(struct cli_common *common, bool json, bool quiet)
{
    struct ocib_options options = {.event = cli_print_event, .data = common};
    struct ocib_images *images = NULL;
    struct ocib_error *err = NULL;
    int status = 0;
    struct ocib *ocib = cli_open(common, &options, &status);
    if (!ocib) {
        return status;
    }
    if (ocib_list_images(ocib, &images, &err) < 0) {
        status = cli_fail(err);
    } else if (json) {
        print_json(images);
    } else if (quiet) {
        for (size_t i = 0; i < images->count; i++) {
            printf("%s\n", images->items[i].id);
        }
    } else {
        print_table(images);
    }
    ocib_images_free(images);
    cli_close(ocib);
    return status;
}

int cmd_images(struct cli_call *call)
{
    const char *format = "table";
    bool quiet = false, json = false;
    const struct cli_flag table[] = {
        {"format", 0, CLI_TEXT, &format, "HOW", "table, json"},
        {"quiet", 'q', CLI_BOOL, &quiet, NULL, "image IDs only"},
        {NULL, 0, CLI_BOOL, NULL, NULL, NULL},
    };
    int status;
    if (cli_parse(call, table, &status)) {
        const char *wrong =
            call->args.count ? "images takes no arguments" : cli_format(format, &json);
        status = wrong ? cli_usage(call->verb, wrong) : list(call->common, json, quiet);
    }
    return status;
}
