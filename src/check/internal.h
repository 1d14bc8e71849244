/*
 * What the files of the checks share. Private to this part.
 *
 * A rule's function (rules.c) is a pass over the file that may report for several rules; each pass
 * runs once, and only if one of its rules is on.
 */
#ifndef OCIB_CHECK_INTERNAL_H
#define OCIB_CHECK_INTERNAL_H

#include "base/cleanup.h"
#include "base/map.h"
#include "check/check.h"

enum ocib_rule_id {
    OCIB_RULE_STAGE_NAME_CASING,
    OCIB_RULE_FROM_AS_CASING,
    OCIB_RULE_NO_EMPTY_CONTINUATION,
    OCIB_RULE_CONSISTENT_INSTRUCTION_CASING,
    OCIB_RULE_DUPLICATE_STAGE_NAME,
    OCIB_RULE_RESERVED_STAGE_NAME,
    OCIB_RULE_JSON_ARGS_RECOMMENDED,
    OCIB_RULE_MAINTAINER_DEPRECATED,
    OCIB_RULE_UNDEFINED_ARG_IN_FROM,
    OCIB_RULE_WORKDIR_RELATIVE_PATH,
    OCIB_RULE_UNDEFINED_VAR,
    OCIB_RULE_MULTIPLE_INSTRUCTIONS_DISALLOWED,
    OCIB_RULE_LEGACY_KEY_VALUE_FORMAT,
    OCIB_RULE_INVALID_BASE_IMAGE_PLATFORM,
    OCIB_RULE_REDUNDANT_TARGET_PLATFORM,
    OCIB_RULE_SECRETS_USED_IN_ARG_OR_ENV,
    OCIB_RULE_INVALID_DEFAULT_ARG_IN_FROM,
    OCIB_RULE_FROM_PLATFORM_FLAG_CONST_DISALLOWED,
    OCIB_RULE_COPY_IGNORED_FILE,
    OCIB_RULE_INVALID_DEFINITION_DESCRIPTION,
    OCIB_RULE_EXPOSE_PROTO_CASING,
    OCIB_RULE_EXPOSE_INVALID_FORMAT,
    OCIB_RULE_COPY_INVALIDATES_INSTALL,
    OCIB_RULE_PACKAGE_LISTS_LEFT,
    OCIB_RULE_MISSING_USER,
    OCIB_RULE_MISSING_HEALTHCHECK,
    OCIB_RULE_ADD_INSTEAD_OF_COPY,
};

struct ocib_checker {
    const struct ocib_check_options *options;
    const struct ocib_check_directive *directive;
    struct ocib_warnings *out;
    size_t budget; /* text that variables may still produce, in the whole file */
};

/* ---- rules.c ---- */

typedef void ocib_check_pass(struct ocib_checker *c);
ocib_check_pass *ocib_rule_pass(size_t index);
bool ocib_rule_is_on(const struct ocib_checker *c, size_t index);

/* ---- check.c ---- */

/* Is the rule on, and is there room for a finding? */
bool ocib_check_wants(const struct ocib_checker *c, enum ocib_rule_id id);
/* Reports, if so. */
void ocib_check_report(struct ocib_checker *c, enum ocib_rule_id id, struct ocib_span span,
                       const char *fmt, ...) OCIB_PRINTF(4, 5);

/* The instructions of a stage, without its FROM: [first, end); `from` is the FROM's. */
struct ocib_stage_range {
    size_t from;
    size_t first;
    size_t end;
};
/* False if there are fewer stages. To be asked in order: `range` is the one before, zeroed for the
 * first. */
bool ocib_check_next_stage(const struct ocib_dockerfile *file, struct ocib_stage_range *range);
/* The first word of an instruction as it is written. */
struct ocib_str ocib_check_keyword(const struct ocib_instruction *ins);
/* Does the target need the stage? */
bool ocib_check_is_needed(const struct ocib_plan *plan, size_t stage);
/* Is the target built upon the stage (or is it itself)? */
bool ocib_check_is_in_image(const struct ocib_plan *plan, size_t stage);
/* A copy in small letters (freed with free()). */
char *ocib_check_lower(struct ocib_str text);

/* ---- vars.c ---- */

/* Variables with their values; a name occurs once, and keeps its first place. */
struct ocib_vars {
    struct ocib_map *values; /* of char *; NULL: none yet */
    size_t bytes;            /* what a copy takes, about */
};
void ocib_vars_release(struct ocib_vars *vars);
void ocib_vars_set(struct ocib_vars *vars, struct ocib_str name, const char *value);
/* "NAME=value" */
void ocib_vars_set_pair(struct ocib_vars *vars, const char *pair);
/* False if the budget has no room for it. */
bool ocib_vars_copy(struct ocib_vars *out, const struct ocib_vars *vars, size_t *budget);
const char *ocib_vars_get(const struct ocib_vars *vars, struct ocib_str name);
/* The name that a misspelt one was probably meant to be, or NULL. */
const char *ocib_vars_nearest(const struct ocib_vars *vars, const char *name);

/* ---- shell.c: what a RUN does, as far as its text shows ---- */

/* One command of a shell's text: its words without quotes. Assignments before it, and words that
 * only say how it is run (sudo, env, time, then, …), are left out. */
struct ocib_command {
    struct ocib_strings words; /* never empty */
};
struct ocib_commands {
    OCIB_VEC(struct ocib_command);
};
/* The commands of a RUN, CMD or ENTRYPOINT: of its text, of its array, of a heredoc that a shell
 * reads. */
void ocib_commands_read(const struct ocib_instruction *ins, struct ocib_commands *out);
void ocib_commands_release(struct ocib_commands *commands);
/* The program without its folder. */
const char *ocib_command_name(const struct ocib_command *command);
/* Has it this word behind its name? */
bool ocib_command_has(const struct ocib_command *command, const char *word);
/* The first word behind the name that is no option, or "". */
const char *ocib_command_verb(const struct ocib_command *command);
/* Has a RUN a cache or tmpfs mount? `below` (may be NULL): one that covers this folder. */
bool ocib_run_has_mount(const struct ocib_instruction *ins, const char *below);

/* ---- ignored.c ---- */

/* A source of the context, expanded. There is an ignore file. */
void ocib_check_ignored(struct ocib_checker *c, const struct ocib_instruction *ins,
                        const char *source);

/* ---- passes ---- */

void ocib_check_texts(struct ocib_checker *c);     /* texts.c: what needs no values */
void ocib_check_froms(struct ocib_checker *c);     /* froms.c: FROM and its variables */
void ocib_check_stages(struct ocib_checker *c);    /* stages.c: instructions with their values */
void ocib_check_order(struct ocib_checker *c);     /* order.c: COPY before an install */
void ocib_check_leftovers(struct ocib_checker *c); /* leftovers.c: package lists */
void ocib_check_final(struct ocib_checker *c);     /* final.c: USER, HEALTHCHECK */
void ocib_check_adds(struct ocib_checker *c);      /* adds.c: ADD for COPY */

#endif
