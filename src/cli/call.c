#include "cli/call.h"

#include "cli/cli.h"
#include "cli/render.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* --- the flag ------------------------------------------------------------------------------------
 */

static bool is_word(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

static const char *parse_kind(const char *text, size_t len, enum cli_call_kind *out)
{
    static const struct {
        const char *name;
        enum cli_call_kind kind;
    } kinds[] = {{"build", CLI_CALL_BUILD},
                 {"check", CLI_CALL_CHECK},
                 {"lint", CLI_CALL_CHECK},
                 {"outline", CLI_CALL_OUTLINE},
                 {"targets", CLI_CALL_TARGETS}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (is_word(text, len, kinds[i].name)) {
            *out = kinds[i].kind;
            return NULL;
        }
    }
    return "--call takes build, check, outline or targets";
}

static bool is_format(const char *text, size_t len, enum cli_findings_format *out)
{
    static const char prefix[] = "format=";
    char name[8] = {0};
    size_t skip = sizeof(prefix) - 1;
    if (len <= skip || len - skip >= sizeof(name) || strncmp(text, prefix, skip) != 0) {
        return false;
    }
    memcpy(name, text + skip, len - skip);
    return cli_findings_format(name, out);
}

const char *cli_call_parse(const char *text, struct cli_call_request *out)
{
    size_t len = strcspn(text, ",");
    const char *wrong = parse_kind(text, len, &out->kind);
    for (text += len; !wrong && *text; text += len) {
        text++;
        len = strcspn(text, ",");
        if (!is_format(text, len, &out->format) ||
            (out->format == CLI_FINDINGS_SARIF && out->kind != CLI_CALL_CHECK)) {
            wrong = "behind --call's method there may be format=json or format=text, and of check "
                    "format=sarif";
        }
    }
    return wrong;
}

/* --- text ----------------------------------------------------------------------------------------
 */

/* A table with columns as wide as their widest cell and a gap; the last column isn't padded. */
enum { COLUMNS_MAX = 3 };
struct table {
    size_t columns; /* at most COLUMNS_MAX */
    size_t gap;
    size_t rows;
    char **cells; /* owned */
};

static void table_add(struct table *table, ...) __attribute__((sentinel));
static void table_add(struct table *table, ...)
{
    if (table->rows % 64 == 0) {
        size_t room = (table->rows + 64) * table->columns;
        table->cells = reallocarray(table->cells, room, sizeof(*table->cells));
        if (!table->cells) {
            abort();
        }
    }
    va_list texts;
    va_start(texts, table);
    for (size_t i = 0; i < table->columns; i++) {
        const char *text = va_arg(texts, const char *);
        table->cells[table->rows * table->columns + i] = strdup(text ? text : "");
    }
    va_end(texts);
    table->rows++;
}

/* Columns are counted in characters of UTF-8. */
static size_t width(const char *text)
{
    size_t n = 0;
    for (; *text; text++) {
        n += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return n;
}

static size_t column_width(const struct table *table, size_t column)
{
    size_t widest = 0;
    for (size_t row = 0; row < table->rows; row++) {
        size_t n = width(table->cells[row * table->columns + column]);
        widest = n > widest ? n : widest;
    }
    return widest + table->gap;
}

static void print_row(const struct table *table, const size_t *widths, size_t row)
{
    for (size_t i = 0; i < table->columns; i++) {
        const char *cell = table->cells[row * table->columns + i];
        cli_print_clean(stdout, cell);
        if (i + 1 < table->columns) {
            printf("%*s", (int)(widths[i] - width(cell)), "");
        }
    }
    putchar('\n');
}

static void table_print(struct table *table)
{
    size_t widths[COLUMNS_MAX] = {0};
    for (size_t i = 0; i < table->columns; i++) {
        widths[i] = column_width(table, i);
    }
    for (size_t row = 0; row < table->rows; row++) {
        print_row(table, widths, row);
    }
    for (size_t i = 0; i < table->rows * table->columns; i++) {
        free(table->cells[i]);
    }
    free(table->cells);
}

static void print_args(const struct ocib_outline_items *args)
{
    struct table table = {.columns = 3, .gap = 3};
    if (args->count) {
        table_add(&table, "BUILD ARG", "VALUE", "DESCRIPTION", NULL);
    }
    for (size_t i = 0; i < args->count; i++) {
        const struct ocib_outline_item *arg = &args->items[i];
        table_add(&table, arg->name, arg->value ? arg->value : "",
                  arg->description ? arg->description : "", NULL);
    }
    table_print(&table);
    if (args->count) {
        putchar('\n');
    }
}

static void print_needs(const char *title, const struct ocib_outline_items *list)
{
    struct table table = {.columns = 2, .gap = 3};
    if (list->count) {
        table_add(&table, title, "REQUIRED", NULL);
    }
    for (size_t i = 0; i < list->count; i++) {
        table_add(&table, list->items[i].name, list->items[i].required ? "true" : "", NULL);
    }
    table_print(&table);
    if (list->count) {
        putchar('\n');
    }
}

static void print_outline(const struct ocib_outline *outline)
{
    struct table table = {.columns = 2, .gap = 1};
    if (outline->name) {
        table_add(&table, "TARGET:", outline->name, NULL);
    }
    if (outline->description) {
        table_add(&table, "DESCRIPTION:", outline->description, NULL);
    }
    bool any = table.rows > 0;
    table_print(&table);
    if (any) {
        putchar('\n');
    }
    print_args(&outline->args);
    print_needs("SECRET", &outline->secrets);
    print_needs("SSH", &outline->agents);
}

static void print_targets(const struct ocib_outline *outline)
{
    struct table table = {.columns = 2, .gap = 1};
    table_add(&table, "TARGET", "DESCRIPTION", NULL);
    for (size_t i = 0; i < outline->target_count; i++) {
        const struct ocib_outline_target *target = &outline->targets[i];
        const char *name = target->name ? target->name : "";
        char *shown = NULL;
        if (target->is_default && asprintf(&shown, "%s%s(default)", name, *name ? " " : "") < 0) {
            abort();
        }
        table_add(&table, shown ? shown : name, target->description ? target->description : "",
                  NULL);
        free(shown);
    }
    table_print(&table);
}

/* --- JSON ----------------------------------------------------------------------------------------
 */

static void json_text(const char *key, const char *text)
{
    if (text && *text) {
        printf("      \"%s\": ", key);
        cli_json_string(stdout, text);
        printf(",\n");
    }
}

/* A range for each line, as BuildKit has it. */
static void json_location(unsigned line, unsigned end_line)
{
    printf("      \"location\": {\n        \"ranges\": [\n");
    for (; line <= end_line; line++) {
        printf("          {\n"
               "            \"start\": {\n              \"line\": %u\n            },\n"
               "            \"end\": {\n              \"line\": %u\n            }\n"
               "          }%s\n",
               line, line, line < end_line ? "," : "");
    }
    printf("        ]\n      }\n");
}

static void json_items(const char *key, const struct ocib_outline_items *list)
{
    if (list->count == 0) {
        return;
    }
    printf("  \"%s\": [\n", key);
    for (size_t i = 0; i < list->count; i++) {
        const struct ocib_outline_item *item = &list->items[i];
        printf("    {\n");
        json_text("name", item->name);
        json_text("description", item->description);
        json_text("value", item->value);
        if (item->required) {
            printf("      \"required\": true,\n");
        }
        json_location(item->line, item->end_line);
        printf("    }%s\n", i + 1 < list->count ? "," : "");
    }
    printf("  ],\n");
}

static void json_targets(const struct ocib_outline *outline)
{
    printf("  \"targets\": [\n");
    for (size_t i = 0; i < outline->target_count; i++) {
        const struct ocib_outline_target *target = &outline->targets[i];
        printf("    {\n");
        json_text("name", target->name);
        if (target->is_default) {
            printf("      \"default\": true,\n");
        }
        json_text("description", target->description);
        json_text("base", target->base);
        json_text("platform", target->platform);
        json_location(target->line, target->end_line);
        printf("    }%s\n", i + 1 < outline->target_count ? "," : "");
    }
    printf("  ],\n");
}

static void print_json(const struct ocib_outline *outline, bool targets)
{
    printf("{\n");
    if (targets) {
        json_targets(outline);
    } else {
        static const char *const keys[] = {"name", "description"};
        const char *const texts[] = {outline->name, outline->description};
        for (size_t i = 0; i < 2; i++) {
            if (texts[i]) {
                printf("  \"%s\": ", keys[i]);
                cli_json_string(stdout, texts[i]);
                printf(",\n");
            }
        }
        json_items("args", &outline->args);
        json_items("secrets", &outline->secrets);
        json_items("ssh", &outline->agents);
    }
    printf("  \"sources\": [\n    \"");
    cli_base64(stdout, outline->source, outline->source_length);
    printf("\"\n  ]\n}\n");
}

int cli_call_show(struct ocib *ocib, const struct ocib_build_options *options,
                  const struct cli_call_request *request)
{
    bool targets = request->kind == CLI_CALL_TARGETS;
    struct ocib_outline *outline = NULL;
    struct ocib_error *err = NULL;
    if (ocib_outline(ocib, options, targets, &outline, &err) < 0) {
        return cli_fail(err);
    }
    if (request->format == CLI_FINDINGS_JSON) {
        print_json(outline, targets);
    } else if (targets) {
        print_targets(outline);
    } else {
        print_outline(outline);
    }
    ocib_outline_free(outline);
    return 0;
}
