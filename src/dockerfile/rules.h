/*
 * What each instruction takes: its form, flags and number of arguments. Private to this part.
 */
#ifndef OCIB_DOCKERFILE_RULES_H
#define OCIB_DOCKERFILE_RULES_H

#include "dockerfile/parser.h"

enum ocib_form {
    OCIB_FORM_WORDS,         /* words at blanks */
    OCIB_FORM_WORDS_OR_JSON, /* the same, or a JSON array */
    OCIB_FORM_SHELL,         /* a text for the shell, or a JSON array */
    OCIB_FORM_JSON,          /* a JSON array only */
    OCIB_FORM_TEXT,          /* one text */
    OCIB_FORM_PAIRS,         /* name=value …, or "name value" */
    OCIB_FORM_ARGS,          /* name or name=value … */
    OCIB_FORM_HEALTH,        /* NONE, or CMD and OCIB_FORM_SHELL */
    OCIB_FORM_TRIGGER,       /* an instruction */
};

/* The kind of a keyword. */
int ocib_rule_find(const struct ocib_parser *p, struct ocib_str word,
                   enum ocib_instruction_kind *kind, struct ocib_error **err) OCIB_MUST;
enum ocib_form ocib_rule_form(enum ocib_instruction_kind kind);
/* The least number of arguments, and what to call what is missing. */
size_t ocib_rule_least(enum ocib_instruction_kind kind);
const char *ocib_rule_needs(enum ocib_instruction_kind kind);
/* Refuses flags that aren't known, are given twice, or lack a value. */
int ocib_rule_check_flags(enum ocib_instruction_kind kind, const struct ocib_args *flags,
                          struct ocib_error **err) OCIB_MUST;

#endif
