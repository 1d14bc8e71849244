#include "cli/cli.h"
#include "cli/format.h"
#include "cli/render.h"

#include <string.h>

static const char *const verdicts[] = {
    [OCIB_CHECK_YES] = "yes", [OCIB_CHECK_NO] = "no", [OCIB_CHECK_NOTE] = "note"};

static void print_field(const char *name, const char *value)
{
    if (value) {
        printf(", \"%s\": ", name);
        cli_json_string(stdout, value);
    }
}

static void print_json(const struct ocib_diagnosis *diagnosis)
{
    printf("{\n  \"mode\": \"%s\",\n  \"checks\": [", diagnosis->mode);
    for (size_t i = 0; i < diagnosis->count; i++) {
        const struct ocib_check *check = &diagnosis->checks[i];
        printf("%s\n    {\"group\": \"%s\", \"name\": \"%s\", \"verdict\": \"%s\"", i ? "," : "",
               check->group, check->name, verdicts[check->verdict]);
        print_field("text", check->text);
        print_field("reason", check->reason);
        print_field("remedy", check->remedy);
        printf("}");
    }
    printf("\n  ]\n}\n");
}

static const char *title(const char *group)
{
    return strcmp(group, "mode") == 0      ? "Modes that RUN can have, best first"
           : strcmp(group, "machine") == 0 ? "Machine"
                                           : "Store";
}

static void print_table(const struct ocib_diagnosis *diagnosis)
{
    static const char *const marks[] = {"yes", "no", "-"};
    int width = 0;
    for (size_t i = 0; i < diagnosis->count; i++) {
        int len = (int)strlen(diagnosis->checks[i].name);
        width = len > width ? len : width;
    }
    const char *group = "";
    for (size_t i = 0; i < diagnosis->count; i++) {
        const struct ocib_check *check = &diagnosis->checks[i];
        if (strcmp(group, check->group) != 0) {
            printf("%s%s\n", *group ? "\n" : "", title(check->group));
            group = check->group;
        }
        printf("  %-*s  %-3s  ", width, check->name, marks[check->verdict]);
        cli_print_clean(stdout, check->text);
        if (check->reason) {
            printf(" [%s]", check->reason);
        }
        printf("\n");
        if (check->remedy) {
            printf("  %-*s       remedy: ", width, "");
            cli_print_clean(stdout, check->remedy);
            printf("\n");
        }
    }
    if (strcmp(diagnosis->mode, "none") == 0) {
        printf("\nRUN can't be run here; builds without RUN work.\n");
    } else {
        printf("\nBuilds use mode %s.\n", diagnosis->mode);
    }
}

static int diagnose(struct cli_common *common, const char *sandbox, bool json)
{
    struct ocib_options options = {
        .root = common->root, .sandbox = sandbox, .event = cli_print_event, .data = common};
    struct ocib_diagnosis *diagnosis = NULL;
    struct ocib_error *err = NULL;
    if (ocib_doctor(&options, &diagnosis, &err) < 0) {
        return cli_fail(err);
    }
    if (json) {
        print_json(diagnosis);
    } else {
        print_table(diagnosis);
    }
    int status = strcmp(diagnosis->mode, "none") == 0 ? 8 : 0;
    ocib_diagnosis_free(diagnosis);
    return status;
}

int cmd_doctor(struct cli_call *call)
{
    const char *format = "table";
    const char *sandbox = NULL;
    bool json = false;
    const struct cli_flag table[] = {
        {"format", 0, CLI_TEXT, &format, "HOW", "table, json"},
        {"sandbox", 0, CLI_TEXT, &sandbox, "MODE", "the mode to find out about (auto)"},
        {NULL, 0, CLI_BOOL, NULL, NULL, NULL},
    };
    int status;
    if (cli_parse(call, table, &status)) {
        const char *wrong =
            call->args.count ? "doctor takes no arguments" : cli_format(format, &json);
        status = wrong ? cli_usage(call->verb, wrong) : diagnose(call->common, sandbox, json);
    }
    return status;
}
