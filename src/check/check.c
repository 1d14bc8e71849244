#include "check/internal.h"

#include <stdarg.h>
#include <stdio.h>

/* Text that variables may produce in all stages together. */
enum { TEXT_MAX = 64 << 20 };

void ocib_warnings_release(struct ocib_warnings *findings)
{
    for (size_t i = 0; i < findings->len; i++) {
        free(findings->items[i].text);
    }
    ocib_vec_release(findings);
}

bool ocib_check_wants(const struct ocib_checker *c, enum ocib_rule_id id)
{
    return c->out->len < OCIB_WARNINGS_MAX && ocib_rule_is_on(c, id);
}

void ocib_check_report(struct ocib_checker *c, enum ocib_rule_id id, struct ocib_span span,
                       const char *fmt, ...)
{
    if (!ocib_check_wants(c, id)) {
        return;
    }
    char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    struct ocib_warning *finding = ocib_vec_add(c->out);
    finding->rule = ocib_rule_at(id);
    finding->span = span;
    finding->text = n < 0 ? ocib_strdup(fmt) : text;
}

bool ocib_check_next_stage(const struct ocib_dockerfile *file, struct ocib_stage_range *range)
{
    const struct ocib_instructions *list = &file->instructions;
    size_t i = range->end;
    while (i < list->len && list->items[i].kind != OCIB_INS_FROM) {
        i++;
    }
    if (i == list->len) {
        return false;
    }
    *range = (struct ocib_stage_range){i, i + 1, i + 1};
    while (range->end < list->len && list->items[range->end].kind != OCIB_INS_FROM) {
        range->end++;
    }
    return true;
}

struct ocib_str ocib_check_keyword(const struct ocib_instruction *ins)
{
    size_t len = 0;
    while (len < ins->text.len && !strchr(" \t\v\f\r\n", ins->text.s[len])) {
        len++;
    }
    return ocib_str_sub(ins->text, 0, len);
}

bool ocib_check_is_needed(const struct ocib_plan *plan, size_t stage)
{
    size_t count;
    const size_t *order = ocib_plan_order(plan, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i] == stage) {
            return true;
        }
    }
    return false;
}

bool ocib_check_is_in_image(const struct ocib_plan *plan, size_t stage)
{
    size_t at = ocib_plan_target(plan);
    while (at != stage && ocib_plan_stage(plan, at)->base == OCIB_BASE_STAGE) {
        at = ocib_plan_stage(plan, at)->base_stage;
    }
    return at == stage;
}

char *ocib_check_lower(struct ocib_str text)
{
    char *copy = ocib_str_dup(text);
    for (size_t i = 0; i < text.len; i++) {
        copy[i] = (char)(copy[i] >= 'A' && copy[i] <= 'Z' ? copy[i] + ('a' - 'A') : copy[i]);
    }
    return copy;
}

/* Has an earlier row of the table the same pass? */
static bool ran_before(const struct ocib_checker *c, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (ocib_rule_pass(i) == ocib_rule_pass(index) && ocib_rule_is_on(c, i)) {
            return true;
        }
    }
    return false;
}

/* By line; findings of one line in the order of the table. */
static int by_line(const void *a, const void *b)
{
    const struct ocib_warning *x = a;
    const struct ocib_warning *y = b;
    if (x->span.line != y->span.line) {
        return x->span.line < y->span.line ? -1 : 1;
    }
    ptrdiff_t order = (const char *)x->rule - (const char *)y->rule;
    return order ? (order > 0) - (order < 0) : strcmp(x->text, y->text);
}

void ocib_check_file(const struct ocib_check_options *options, struct ocib_warnings *out)
{
    size_t before = out->len;
    struct ocib_checker c = {
        .options = options,
        .directive = options->directive ? options->directive : &options->file->check,
        .out = out,
        .budget = TEXT_MAX,
    };
    for (size_t i = 0; i < ocib_rule_count(); i++) {
        if (ocib_rule_is_on(&c, i) && !ran_before(&c, i)) {
            ocib_rule_pass(i)(&c);
        }
    }
    if (out->len > before) {
        qsort(out->items + before, out->len - before, sizeof(*out->items), by_line);
    }
}
