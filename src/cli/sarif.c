#include "cli/findings.h"
#include "cli/render.h"

#include <string.h>

/*
 * One run of one tool: its rules are those that found something, and each result says which of them
 * by index. What keeps the file from being built is a notification of the invocation.
 */

static void member(FILE *out, const char *key, const char *value)
{
    fprintf(out, "\"%s\": ", key);
    cli_json_string(out, value);
}

static void text_member(FILE *out, const char *key, const char *value)
{
    fprintf(out, "\"%s\": { ", key);
    member(out, "text", value);
    fprintf(out, " }");
}

/* The first finding of the same rule. */
static size_t first_of(const struct ocib_check_result *result, size_t index)
{
    size_t i = 0;
    while (strcmp(result->findings[i].rule, result->findings[index].rule) != 0) {
        i++;
    }
    return i;
}

/* Where the rule stands among the rules. */
static size_t rule_index(const struct ocib_check_result *result, size_t index)
{
    size_t rules = 0;
    for (size_t i = 0; i < first_of(result, index); i++) {
        rules += first_of(result, i) == i;
    }
    return rules;
}

static void put_rule(FILE *out, const struct ocib_check_finding *found)
{
    fprintf(out, "\n            { ");
    member(out, "id", found->rule);
    fprintf(out, ", ");
    text_member(out, "shortDescription", found->description);
    fprintf(out, ", ");
    text_member(out, "help", found->advice);
    if (found->url) {
        fprintf(out, ", ");
        member(out, "helpUri", found->url);
    }
    fprintf(out, ", \"defaultConfiguration\": { \"level\": \"warning\" } }");
}

/* A path as a relative URI reference (RFC 3986). */
static void put_uri(FILE *out, const char *path)
{
    fputc('"', out);
    for (const unsigned char *at = (const unsigned char *)path; *at; at++) {
        bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                     (*at >= '0' && *at <= '9') || strchr("-._~/", *at);
        fprintf(out, plain ? "%c" : "%%%02X", *at);
    }
    fputc('"', out);
}

static void put_location(FILE *out, const char *file, unsigned line, unsigned end_line)
{
    fprintf(out, "\"locations\": [{ \"physicalLocation\": { \"artifactLocation\": { \"uri\": ");
    put_uri(out, file);
    fprintf(out, " }, \"region\": { \"startLine\": %u, \"endLine\": %u } } }]", line, end_line);
}

static void put_results(FILE *out, const struct ocib_check_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        const struct ocib_check_finding *found = &result->findings[i];
        fprintf(out, "%s\n        { ", i ? "," : "");
        member(out, "ruleId", found->rule);
        fprintf(out, ", \"ruleIndex\": %zu, \"level\": \"warning\", ", rule_index(result, i));
        text_member(out, "message", found->text);
        fprintf(out, ", ");
        put_location(out, result->file, found->line, found->end_line);
        fprintf(out, " }");
    }
}

static void put_invocation(FILE *out, const struct ocib_check_result *result)
{
    struct ocib_error_place place;
    fprintf(out, "\"invocations\": [{ \"executionSuccessful\": %s",
            result->error ? "false" : "true");
    if (result->error) {
        fprintf(out, ", \"toolExecutionNotifications\": [{ \"level\": \"error\", ");
        text_member(out, "message", ocib_error_message(result->error));
        if (ocib_error_place(result->error, &place)) {
            fprintf(out, ", ");
            put_location(out, place.file, place.line, place.end_line);
        }
        fprintf(out, " }]");
    }
    fprintf(out, " }]");
}

void cli_findings_sarif(FILE *out, const struct ocib_check_result *result)
{
    size_t rules = 0;
    fprintf(out, "{\n"
                 "  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n"
                 "  \"version\": \"2.1.0\",\n"
                 "  \"runs\": [\n    {\n"
                 "      \"tool\": {\n        \"driver\": {\n"
                 "          \"name\": \"ocib\",\n          ");
    member(out, "version", ocib_version());
    fprintf(out, ",\n          \"rules\": [");
    for (size_t i = 0; i < result->count; i++) {
        if (first_of(result, i) == i) {
            fprintf(out, "%s", rules++ ? "," : "");
            put_rule(out, &result->findings[i]);
        }
    }
    fprintf(out, "\n          ]\n        }\n      },\n      ");
    put_invocation(out, result);
    fprintf(out, ",\n      \"results\": [");
    put_results(out, result);
    fprintf(out, "\n      ]\n    }\n  ]\n}\n");
}
