/*
 * What the files of the planner share. Private to this part.
 */
#ifndef OCIB_PLAN_INTERNAL_H
#define OCIB_PLAN_INTERNAL_H

#include "base/buf.h"
#include "base/map.h"
#include "dockerfile/ast.h"
#include "dockerfile/expand.h"
#include "plan/plan.h"

/* ---- scope.c: variables ---- */

struct ocib_var {
    char *name;
    char *value; /* NULL: declared only */
};
/* Variables in the order in which they came; a name occurs once. Look-ups take constant time. */
struct ocib_scope {
    OCIB_VEC(struct ocib_var);
    struct ocib_map *index;
};
void ocib_scope_release(struct ocib_scope *scope);
/* `value` may be NULL: an earlier value stays. */
void ocib_scope_set(struct ocib_scope *scope, struct ocib_str name, const char *value);
const char *ocib_scope_get(const struct ocib_scope *scope, struct ocib_str name);
bool ocib_scope_has(const struct ocib_scope *scope, struct ocib_str name);
/* "NAME=value" of a list, those without "=" as declared only. */
void ocib_scope_add_list(struct ocib_scope *scope, const struct ocib_strings *list);
/* The variables that have a value, as "NAME=value". */
void ocib_scope_export(const struct ocib_scope *scope, struct ocib_strings *out);
/* About what an export takes. */
size_t ocib_scope_bytes(const struct ocib_scope *scope);

/* What expanding a word needs. */
struct ocib_words {
    const struct ocib_scope *scope;
    const struct ocib_log *log; /* told of variables that aren't set */
    char escape;
    size_t *budget;
};
/* The word with variables, quotes and escapes resolved (freed with free()), or NULL. */
char *ocib_words_expand(const struct ocib_words *words, const struct ocib_arg *arg,
                        struct ocib_error **err) OCIB_MUST;
char *ocib_words_expand_at(const struct ocib_words *words, struct ocib_str text,
                           struct ocib_span span, struct ocib_error **err) OCIB_MUST;
/* The same, cut at the blanks that come of it. */
int ocib_words_split(const struct ocib_words *words, const struct ocib_arg *arg,
                     struct ocib_strings *out, struct ocib_error **err) OCIB_MUST;
/* Body of a heredoc: variables and escapes, quotes are plain. */
char *ocib_words_expand_body(const struct ocib_words *words, struct ocib_str text,
                             struct ocib_span span, struct ocib_error **err) OCIB_MUST;

/* ---- plan.c ---- */

struct ocib_plan_stage {
    struct ocib_stage stage;
    size_t first; /* its instructions in the file, without FROM: [first, end) */
    size_t end;
    bool needed;
    bool ordered;      /* it is in the plan's order, and what it needs is needed */
    ptrdiff_t context; /* of --build-context, which takes the stage's place; -1: none */
    size_t same_name;  /* 1 + the latest stage above of the same name, 0: none */
    /* Its ARGs as they are at its end, for the stages that are built from it. Written by
     * ocib_plan_stage_ops(). */
    struct ocib_scope *args;
};

/* Text that stages may take over from the stages that they are built from, all together. */
enum { OCIB_INHERITED_TEXT_MAX = 32 << 20 };

struct ocib_plan {
    const struct ocib_dockerfile *file;
    const struct ocib_named_contexts *contexts;
    const struct ocib_log *log;
    struct ocib_entitlements granted;
    struct ocib_scope build_args;
    struct ocib_scope globals; /* the platform args, and ARGs before the first FROM */
    struct ocib_strings labels;
    struct ocib_platform target_platform;
    struct ocib_platform build_platform;
    struct {
        OCIB_VEC(struct ocib_plan_stage);
    } stages;
    struct ocib_map *names; /* lower case name → 1 + the latest stage of that name */
    size_t target;
    struct {
        OCIB_VEC(size_t);
    } order;
    size_t budget; /* text that the global part may still produce */
    /* What is left of OCIB_INHERITED_TEXT_MAX; ocib_plan_stage_ops() changes it. */
    size_t *inheritable;
};

/* ---- graph.c ---- */

/* A copy in small letters (freed with free()). */
char *ocib_plan_lower(struct ocib_str text);
/* The latest stage of that name (without case) before `before`. */
bool ocib_plan_find_stage(const struct ocib_plan *plan, struct ocib_str name, size_t before,
                          size_t *out);
/* Marks the stages that the target needs and puts them in order. */
int ocib_plan_order_stages(struct ocib_plan *plan, struct ocib_error **err) OCIB_MUST;
int ocib_plan_find_target(struct ocib_plan *plan, const char *target,
                          struct ocib_error **err) OCIB_MUST;

/* What a --from of stage `index` names. */
struct ocib_from {
    enum ocib_copy_from kind;
    size_t stage;
    size_t context;
    const char *image; /* borrowed from the plan's contexts; NULL: as written */
};
int ocib_plan_resolve_from(const struct ocib_plan *plan, size_t index, const struct ocib_arg *flag,
                           struct ocib_from *out, struct ocib_error **err) OCIB_MUST;

/* The same, in a stage that is being turned into ops. */
struct ocib_stage_builder;
int ocib_stage_resolve_from(struct ocib_stage_builder *b, const struct ocib_arg *flag,
                            struct ocib_from *out, struct ocib_error **err) OCIB_MUST;

/* ---- mount.c ---- */

/* What a --mount's from= names, as if it were a flag --from: true if it has one. Its value is
 * *text, freed with free(). No variables are resolved in it. */
bool ocib_mount_from(const struct ocib_arg *flag, struct ocib_arg *out, char **text);
/* All --mount flags of a RUN. */
int ocib_stage_mounts(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                      struct ocib_mounts *out, struct ocib_error **err) OCIB_MUST;
void ocib_mounts_release(struct ocib_mounts *mounts);

/* ---- support.c ---- */

/* Refuses what is not done yet, by name, and what the user has not granted. */
int ocib_plan_check_supported(const struct ocib_plan *plan, const struct ocib_instruction *ins,
                              struct ocib_error **err) OCIB_MUST;

/* ---- stage.c ---- */

/* The stage that is being turned into ops. */
struct ocib_stage_builder {
    const struct ocib_plan *plan;
    size_t index;
    struct ocib_stage_ops *out;
    struct ocib_config *config;
    struct ocib_scope env;        /* ENV and ARG: what expansion and steps see */
    struct ocib_scope config_env; /* ENV only */
    struct ocib_scope labels;
    struct ocib_strings args; /* names of the ARGs, as declared */
    struct ocib_scope arg_names;
    struct ocib_scope hidden_args; /* those that steps and expansion don't see */
    struct ocib_scope ports;
    struct ocib_scope volumes;
    bool cmd_set; /* CMD stood in this stage: ENTRYPOINT leaves it */
    char escape;
    size_t at; /* index in the file of what is being read; SIZE_MAX: a trigger of the base */
    size_t budget;
};

struct ocib_words ocib_stage_words(struct ocib_stage_builder *b);
/* Counts memory that a stage's ops take, so that no file makes them grow beyond all bounds. */
int ocib_stage_charge(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                      size_t bytes, struct ocib_error **err) OCIB_MUST;
/* A new op; takes ownership of created_by. */
struct ocib_op *ocib_stage_add(struct ocib_stage_builder *b, enum ocib_op_kind kind,
                               const struct ocib_instruction *ins, char *created_by);
/* ARGs that are for the builder only: no variables, though the history has them (BuildKit). */
bool ocib_plan_is_hidden_arg(struct ocib_str name);
/* The value of an ARG that the stage has, or NULL. */
const char *ocib_stage_arg_value(const struct ocib_stage_builder *b, const char *name);
/* The shell of shell forms. */
void ocib_stage_shell(const struct ocib_stage_builder *b, struct ocib_strings *out);
/* The words of a RUN, CMD or ENTRYPOINT: the array's, or the shell and the text. */
void ocib_stage_command(const struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                        struct ocib_strings *out);
/* An absolute, clean path: relative ones begin at the WORKDIR. */
char *ocib_stage_path(const struct ocib_stage_builder *b, const char *path);

void ocib_copy_op_release(struct ocib_copy_op *copy);
void ocib_run_op_release(struct ocib_run_op *run);

/* One function an instruction; config.c, health.c, expose.c, run.c, copy.c. */
int ocib_stage_arg(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                   struct ocib_error **err) OCIB_MUST;
int ocib_stage_cmd(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                   struct ocib_error **err) OCIB_MUST;
int ocib_stage_copy(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                    struct ocib_error **err) OCIB_MUST;
int ocib_stage_entrypoint(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                          struct ocib_error **err) OCIB_MUST;
int ocib_stage_env(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                   struct ocib_error **err) OCIB_MUST;
int ocib_stage_expose(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                      struct ocib_error **err) OCIB_MUST;
/* What Docker's parser refuses, so that it counts in stages that nothing needs, too. */
int ocib_plan_check_health(const struct ocib_instruction *ins, struct ocib_error **err);
int ocib_stage_healthcheck(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                           struct ocib_error **err) OCIB_MUST;
int ocib_stage_label(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                     struct ocib_error **err) OCIB_MUST;
int ocib_stage_maintainer(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                          struct ocib_error **err) OCIB_MUST;
int ocib_stage_onbuild(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                       struct ocib_error **err) OCIB_MUST;
int ocib_stage_run(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                   struct ocib_error **err) OCIB_MUST;
int ocib_stage_shell_set(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                         struct ocib_error **err) OCIB_MUST;
int ocib_stage_stopsignal(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                          struct ocib_error **err) OCIB_MUST;
int ocib_stage_user(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                    struct ocib_error **err) OCIB_MUST;
int ocib_stage_volume(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                      struct ocib_error **err) OCIB_MUST;
int ocib_stage_workdir(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                       struct ocib_error **err) OCIB_MUST;

/* ---- text.c: how Go prints things, as Docker's history texts show them ---- */

/* "text" with Go's escapes (strconv.Quote). */
void ocib_go_quote(struct ocib_buf *out, const char *text);
/* ["a" "b"] */
void ocib_go_quote_list(struct ocib_buf *out, const struct ocib_strings *list, size_t from);
/* [a b] */
void ocib_go_list(struct ocib_buf *out, const struct ocib_strings *list, size_t from);
/* A number as %q prints it: the character of that code in single quotes. */
void ocib_go_quote_rune(struct ocib_buf *out, int number);
/* "1m30s" (time.Duration.String). */
void ocib_go_duration(struct ocib_buf *out, int64_t nanoseconds);
/* "1h30m", "1.5s", "100ms" (time.ParseDuration). */
bool ocib_go_parse_duration(struct ocib_str text, int64_t *out);

#endif
