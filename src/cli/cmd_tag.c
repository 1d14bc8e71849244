#include "cli/cli.h"

int cmd_tag(struct cli_call *call)
{
    struct ocib_options options = {.event = cli_print_event, .data = call->common};
    struct ocib_error *err = NULL;
    int status;
    if (cli_parse(call, NULL, &status)) {
        struct ocib *ocib = NULL;
        if (call->args.count != 2) {
            status = cli_usage(call->verb, "tag takes an IMAGE and a NAME");
        } else if ((ocib = cli_open(call->common, &options, &status)) != NULL) {
            status = ocib_tag(ocib, call->args.items[0], call->args.items[1], &err) < 0
                         ? cli_fail(err)
                         : 0;
            cli_close(ocib);
        }
    }
    return status;
}

int cmd_untag(struct cli_call *call)
{
    struct ocib_options options = {.event = cli_print_event, .data = call->common};
    int status;
    if (cli_parse(call, NULL, &status)) {
        struct ocib *ocib = NULL;
        if (call->args.count == 0) {
            status = cli_usage(call->verb, "untag takes a NAME");
        } else if ((ocib = cli_open(call->common, &options, &status)) != NULL) {
            status = 0;
            for (size_t i = 0; i < call->args.count && status == 0; i++) {
                struct ocib_error *err = NULL;
                status = ocib_untag(ocib, call->args.items[i], &err) < 0 ? cli_fail(err) : 0;
            }
            cli_close(ocib);
        }
    }
    return status;
}
