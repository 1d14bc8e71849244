#include "cli/findings.h"

#include "cli/render.h"

#include <stdlib.h>
#include <string.h>

bool cli_findings_format(const char *name, enum cli_findings_format *out)
{
    static const char *const names[] = {"text", "json", "sarif"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (enum cli_findings_format)i;
            return true;
        }
    }
    return false;
}

/* --- text ---------------------------------------------------------------------------------------
 */

/* The first lines of a long instruction are enough to know it by. */
enum { LINES_MOST = 5 };

static void print_source(FILE *out, const struct ocib_check_result *result, unsigned first,
                         unsigned last)
{
    const char *line = result->source;
    for (unsigned number = 1; line && number <= last; number++) {
        const char *end = strchr(line, '\n');
        size_t len = end ? (size_t)(end - line) : strlen(line);
        len -= len && line[len - 1] == '\r' ? 1 : 0;
        if (number >= first && number - first == LINES_MOST) {
            fprintf(out, "      | …\n");
            return;
        }
        char *text = number >= first ? strndup(line, len) : NULL;
        if (text) {
            fprintf(out, "%5u | ", number);
            cli_print_clean(out, text);
            fputc('\n', out);
        }
        free(text);
        line = end ? end + 1 : NULL;
    }
}

void cli_findings_text(FILE *out, const struct ocib_check_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        const struct ocib_check_finding *found = &result->findings[i];
        fprintf(out, "WARNING: %s - %s\n", found->rule,
                found->url ? found->url : found->description);
        cli_print_clean(out, result->file);
        fprintf(out, ":%u: ", found->line);
        cli_print_clean(out, found->text);
        fputc('\n', out);
        print_source(out, result, found->line, found->end_line);
        fprintf(out, "hint: %s\n\n", found->advice);
    }
    if (result->count) {
        fprintf(out, "%zu warning%s\n", result->count, result->count == 1 ? "" : "s");
    } else if (!result->error) {
        fprintf(out, "no warnings\n");
    }
}

/* --- JSON, as buildx's --call=check,format=json --------------------------------------------------
 */

/* A range for each line, as BuildKit has it. */
static void json_location(FILE *out, unsigned line, unsigned end_line)
{
    fprintf(out, "\"location\": {\n        \"ranges\": [");
    for (unsigned at = line; at <= end_line; at++) {
        fprintf(out, "%s\n          { \"start\": { \"line\": %u }, \"end\": { \"line\": %u } }",
                at > line ? "," : "", at, at);
    }
    fprintf(out, "\n        ]\n      }");
}

static void json_member(FILE *out, const char *key, const char *value)
{
    fprintf(out, "      \"%s\": ", key);
    cli_json_string(out, value);
    fprintf(out, ",\n");
}

static void json_error(FILE *out, const struct ocib_error *err)
{
    struct ocib_error_place place;
    fprintf(out, ",\n  \"buildError\": {\n      \"message\": ");
    cli_json_string(out, ocib_error_message(err));
    if (ocib_error_place(err, &place)) {
        fprintf(out, ",\n      ");
        json_location(out, place.line, place.end_line);
    }
    fprintf(out, "\n  }");
}

void cli_findings_json(FILE *out, const struct ocib_check_result *result)
{
    fprintf(out, "{\n  \"warnings\": [");
    for (size_t i = 0; i < result->count; i++) {
        const struct ocib_check_finding *found = &result->findings[i];
        fprintf(out, "%s\n    {\n", i ? "," : "");
        json_member(out, "ruleName", found->rule);
        json_member(out, "description", found->description);
        if (found->url) {
            json_member(out, "url", found->url);
        }
        json_member(out, "detail", found->text);
        json_member(out, "hint", found->advice);
        fprintf(out, "      ");
        json_location(out, found->line, found->end_line);
        fprintf(out, "\n    }");
    }
    fprintf(out, "%s],\n  \"sources\": [\n    {\n", result->count ? "\n  " : "");
    json_member(out, "filename", result->file);
    json_member(out, "language", "Dockerfile");
    fprintf(out, "      \"data\": \"");
    cli_base64(out, result->source, result->source_length);
    fprintf(out, "\"\n    }\n  ]");
    if (result->error) {
        json_error(out, result->error);
    }
    fprintf(out, "\n}\n");
}

/* --- the whole -----------------------------------------------------------------------------------
 */

int cli_findings_show(struct ocib *ocib, const struct ocib_build_options *options,
                      enum cli_findings_format format)
{
    static void (*const show[])(FILE * out, const struct ocib_check_result *result) = {
        cli_findings_text, cli_findings_json, cli_findings_sarif};
    struct ocib_check_result *result = NULL;
    struct ocib_error *err = NULL;
    if (ocib_check(ocib, options, &result, &err) < 0) {
        return cli_fail(err);
    }
    show[format](stdout, result);
    int status = result->count ? 1 : 0;
    if (result->error) {
        fflush(stdout);
        err = result->error;
        result->error = NULL;
        status = cli_fail(err);
    }
    ocib_check_result_free(result);
    return status;
}

int cli_findings_run(struct cli_common *common, const struct ocib_build_options *options,
                     enum cli_findings_format format)
{
    struct ocib_options session = {.best_effort = true, .event = cli_print_event, .data = common};
    int status = 0;
    struct ocib *ocib = cli_open(common, &session, &status);
    if (ocib) {
        status = cli_findings_show(ocib, options, format);
        cli_close(ocib);
    }
    return status;
}
