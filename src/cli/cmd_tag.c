#include "cli/cli.h"

int cmd_tag(const struct cli_verb *verb, struct cli_common *common, int argc, char **argv)
{
    struct ocib_options options = {.event = cli_print_event, .data = common};
    struct ocib_error *err = NULL;
    struct cli_list args = {0};
    int status;
    if (cli_parse(verb, common, NULL, argc, argv, &args, &status)) {
        struct ocib *ocib = NULL;
        if (args.count != 2) {
            status = cli_usage(verb, "tag takes an IMAGE and a NAME");
        } else if ((ocib = cli_open(common, &options, &status)) != NULL) {
            status = ocib_tag(ocib, args.items[0], args.items[1], &err) < 0 ? cli_fail(err) : 0;
            cli_close(ocib);
        }
    }
    cli_list_release(&args);
    return status;
}

int cmd_untag(const struct cli_verb *verb, struct cli_common *common, int argc, char **argv)
{
    struct ocib_options options = {.event = cli_print_event, .data = common};
    struct cli_list args = {0};
    int status;
    if (cli_parse(verb, common, NULL, argc, argv, &args, &status)) {
        struct ocib *ocib = NULL;
        if (args.count == 0) {
            status = cli_usage(verb, "untag takes a NAME");
        } else if ((ocib = cli_open(common, &options, &status)) != NULL) {
            status = 0;
            for (size_t i = 0; i < args.count && status == 0; i++) {
                struct ocib_error *err = NULL;
                status = ocib_untag(ocib, args.items[i], &err) < 0 ? cli_fail(err) : 0;
            }
            cli_close(ocib);
        }
    }
    cli_list_release(&args);
    return status;
}
