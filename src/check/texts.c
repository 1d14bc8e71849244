#include "check/internal.h"

/* What the file's text alone tells. */

enum word_case { CASE_MIXED, CASE_LOWER, CASE_UPPER };

/* Words without letters, which no keyword is, count as lower case. */
static enum word_case case_of(struct ocib_str word)
{
    bool lower = false;
    bool upper = false;
    for (size_t i = 0; i < word.len; i++) {
        lower = lower || (word.s[i] >= 'a' && word.s[i] <= 'z');
        upper = upper || (word.s[i] >= 'A' && word.s[i] <= 'Z');
    }
    return lower && upper ? CASE_MIXED : upper ? CASE_UPPER : CASE_LOWER;
}

/* ---- keywords ---- */

/* The ARGs before the first FROM don't count, as for Docker. */
static size_t first_from(const struct ocib_instructions *list)
{
    size_t i = 0;
    while (i < list->len && list->items[i].kind != OCIB_INS_FROM) {
        i++;
    }
    return i;
}

static void check_keywords(struct ocib_checker *c)
{
    const struct ocib_instructions *list = &c->options->file->instructions;
    size_t counts[3] = {0};
    for (size_t i = first_from(list); i < list->len; i++) {
        counts[case_of(ocib_check_keyword(&list->items[i]))]++;
    }
    bool lower = counts[CASE_LOWER] > counts[CASE_UPPER];
    for (size_t i = first_from(list); i < list->len; i++) {
        struct ocib_str keyword = ocib_check_keyword(&list->items[i]);
        if (case_of(keyword) != (lower ? CASE_LOWER : CASE_UPPER)) {
            ocib_check_report(c, OCIB_RULE_CONSISTENT_INSTRUCTION_CASING, list->items[i].span,
                              "most instructions are written in %s, but '%.*s' is not",
                              lower ? "small letters" : "capitals", OCIB_STR_ARG(keyword));
        }
    }
}

/* ---- FROM ---- */

static void check_as(struct ocib_checker *c, const struct ocib_instruction *from)
{
    struct ocib_str keyword = ocib_check_keyword(from);
    struct ocib_str as = from->args.items[1].text;
    enum word_case want = case_of(keyword);
    if (want != CASE_MIXED && case_of(as) != want) {
        ocib_check_report(c, OCIB_RULE_FROM_AS_CASING, from->span,
                          "'%.*s' is not in the case of '%.*s'", OCIB_STR_ARG(as),
                          OCIB_STR_ARG(keyword));
    }
}

static void check_name(struct ocib_checker *c, const struct ocib_instruction *from,
                       struct ocib_map *names)
{
    struct ocib_str written = from->args.items[2].text;
    OCIB_AUTO_FREE char *name = ocib_check_lower(written);
    if (!ocib_str_is(written, name)) {
        ocib_check_report(c, OCIB_RULE_STAGE_NAME_CASING, from->span,
                          "the stage name '%.*s' has capitals", OCIB_STR_ARG(written));
    }
    if (strcmp(name, "context") == 0 || strcmp(name, "scratch") == 0) {
        ocib_check_report(c, OCIB_RULE_RESERVED_STAGE_NAME, from->span,
                          "the stage name '%s' means something else in FROM and --from", name);
    }
    const struct ocib_instruction *earlier = ocib_map_get(names, ocib_str(name));
    if (earlier) {
        ocib_check_report(c, OCIB_RULE_DUPLICATE_STAGE_NAME, from->span,
                          "the stage name '%s' is taken already, by line %u", name,
                          earlier->span.line);
    }
    /* The map only borrows; nothing is changed through it. */
    ocib_map_set(names, ocib_str(name), (void *)(uintptr_t)from);
}

/* ---- comments that describe ---- */

/* The first word of the comment right above; false if there is no comment, or nothing in it. */
static bool comment_word(const struct ocib_instruction *ins, struct ocib_str *word)
{
    if (ins->span.line < 2) {
        return false;
    }
    struct ocib_str line = ocib_str_trim(ocib_source_line(ins->span.source, ins->span.line - 1));
    if (!ocib_str_starts(line, "#")) {
        return false;
    }
    line = ocib_str_trim(ocib_str_sub(line, 1, line.len));
    ptrdiff_t blank = ocib_str_find(line, ' ');
    *word = blank < 0 ? line : ocib_str_sub(line, 0, (size_t)blank);
    return line.len > 0;
}

static void check_description(struct ocib_checker *c, const struct ocib_instruction *ins)
{
    struct ocib_str word;
    bool arg = ins->kind == OCIB_INS_ARG;
    size_t first = arg ? 0 : 2;
    if (!comment_word(ins, &word)) {
        return;
    }
    OCIB_AUTO_FREE char *name = NULL;
    for (size_t i = first; i < ins->args.len; i++) {
        free(name);
        name =
            arg ? ocib_str_dup(ins->args.items[i].text) : ocib_check_lower(ins->args.items[i].text);
        if (ocib_str_is(word, name)) {
            return;
        }
    }
    if (name) {
        bool many = ins->args.len - first > 1;
        ocib_check_report(c, OCIB_RULE_INVALID_DEFINITION_DESCRIPTION, ins->span,
                          "the comment above does not begin with %s%s%s", many ? "" : "'",
                          many ? "one of the names" : name, many ? "" : "'");
    }
}

/* ---- the whole ---- */

static void check_instruction(struct ocib_checker *c, const struct ocib_instruction *ins,
                              struct ocib_map *names)
{
    if (ins->kind == OCIB_INS_FROM && ins->args.len == 3) {
        check_name(c, ins, names);
        check_as(c, ins);
    }
    if (ins->kind == OCIB_INS_FROM || ins->kind == OCIB_INS_ARG) {
        check_description(c, ins);
    }
    if (ins->kind == OCIB_INS_MAINTAINER) {
        ocib_check_report(c, OCIB_RULE_MAINTAINER_DEPRECATED, ins->span,
                          "MAINTAINER is deprecated: a label says the same");
    }
}

void ocib_check_texts(struct ocib_checker *c)
{
    const struct ocib_dockerfile *file = c->options->file;
    OCIB_AUTO(ocib_map_cleanup) struct ocib_map *names = ocib_map_new(NULL);
    for (size_t i = 0; i < file->instructions.len; i++) {
        check_instruction(c, &file->instructions.items[i], names);
    }
    for (size_t i = 0; i < file->empty_lines.len; i++) {
        ocib_check_report(c, OCIB_RULE_NO_EMPTY_CONTINUATION, file->empty_lines.items[i],
                          "an empty line inside a continued instruction");
    }
    check_keywords(c);
}
