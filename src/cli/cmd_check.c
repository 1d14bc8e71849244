#include "cli/cli.h"
#include "cli/findings.h"
#include "cli/input.h"

#include <stdlib.h>

int cmd_check(struct cli_call *call)
{
    struct ocib_build_options options = {.context = "."};
    struct cli_list build_args = {0}, arg_files = {0};
    const char *format = "text";
    enum cli_findings_format how;
    const struct cli_flag table[] = {
        {"file", 'f', CLI_TEXT, &options.dockerfile, "FILE",
         "the Dockerfile; - reads standard input"},
        {"target", 0, CLI_TEXT, &options.target, "STAGE", "look only at what this stage needs"},
        {"build-arg", 0, CLI_LIST, &build_args, "NAME[=VALUE]", "the value of an ARG (many)"},
        {"build-arg-file", 0, CLI_LIST, &arg_files, "FILE", "values of ARGs, one a line (many)"},
        {"platform", 0, CLI_TEXT, &options.platform, "OS/ARCH", "the platform to build for"},
        {"format", 0, CLI_TEXT, &format, "FORMAT", "text, json, sarif"},
        {NULL, 0, CLI_BOOL, NULL, NULL, NULL},
    };
    char *dockerfile = NULL;
    int status;
    if (cli_parse(call, table, &status)) {
        const char *wrong = call->args.count > 1 ? "check takes one CONTEXT"
                            : !cli_findings_format(format, &how)
                                ? "--format takes text, json or sarif"
                                : NULL;
        options.context = call->args.count ? call->args.items[0] : ".";
        options.build_args = build_args.items;
        options.build_arg_files = arg_files.items;
        status = wrong ? cli_usage(call->verb, wrong)
                       : cli_input_read(call->verb, &options, &dockerfile);
        status = status ? status : cli_findings_run(call->common, &options, how);
    }
    free(dockerfile);
    cli_list_release(&build_args);
    cli_list_release(&arg_files);
    return status;
}
