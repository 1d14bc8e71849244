/*
 * What can be given to a build of a file, without building: the stages that can be its target, and
 * the build args, secrets and SSH agents that a target takes. (`docker buildx build --call`, whose
 * rules these are: an ARG before the first FROM counts if a FROM line that is needed uses it, or an
 * ARG without a value asks for it.)
 */
#ifndef OCIB_PLAN_OUTLINE_H
#define OCIB_PLAN_OUTLINE_H

#include "dockerfile/ast.h"
#include "plan/plan.h"

struct ocib_plan_item {
    char *name;
    char *value;       /* of an ARG; NULL: it has none */
    char *description; /* NULL: none */
    bool required;     /* of a secret or agent */
    unsigned line;     /* of the instruction */
    unsigned end_line;
    unsigned item_line; /* of the word itself: they are in this order */
    unsigned item_column;
};
struct ocib_plan_items {
    OCIB_VEC(struct ocib_plan_item);
};

struct ocib_plan_outline {
    char *name;        /* of the target; NULL: none */
    char *description; /* NULL: none */
    struct ocib_plan_items args;
    struct ocib_plan_items secrets;
    struct ocib_plan_items agents;
};

/* `stages` has the ops of each stage that the target needs, by the stage's index. */
void ocib_plan_outline(const struct ocib_plan *plan, const struct ocib_stage_ops *stages,
                       struct ocib_plan_outline *out);
void ocib_plan_outline_release(struct ocib_plan_outline *outline);

struct ocib_plan_target {
    char *name;        /* NULL: the stage has none */
    char *description; /* NULL: none */
    char *base;        /* as written */
    char *platform;    /* as written; NULL: not given */
    bool is_default;
    unsigned line;
    unsigned end_line;
};
struct ocib_plan_targets {
    OCIB_VEC(struct ocib_plan_target);
};
/* All stages of a file, in its order. Nothing is expanded. */
void ocib_plan_targets(const struct ocib_dockerfile *file, struct ocib_plan_targets *out);
void ocib_plan_targets_release(struct ocib_plan_targets *targets);

#endif
