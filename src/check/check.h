/*
 * The checks of a Dockerfile: Docker's build checks under Docker's names, with BuildKit's idea of
 * what is found where (docs.docker.com/reference/build-checks), and some of ocib's own. Pure: no
 * file system, no network; what is known of base images and of the ignore file is handed in.
 *
 * Findings come in the order of the file. They borrow the rule (a constant) and the source of the
 * Dockerfile, which must outlive them; their texts are theirs.
 */
#ifndef OCIB_CHECK_CHECK_H
#define OCIB_CHECK_CHECK_H

#include "base/span.h"
#include "base/vec.h"
#include "dockerfile/ast.h"
#include "glob/ignore.h"
#include "plan/plan.h"

#include <stdbool.h>

/* Most findings of one file: who has more fixes these first. */
enum { OCIB_WARNINGS_MAX = 1000 };

struct ocib_rule {
    const char *name;
    const char *url; /* of Docker's page on it; NULL: a rule of ocib's own */
    const char *description;
    const char *advice; /* what to do about a finding */
    bool experimental;  /* of Docker's: only if it is asked for by name */
};

/* All rules, in a fixed order. */
size_t ocib_rule_count(void);
const struct ocib_rule *ocib_rule_at(size_t index);

struct ocib_warning {
    const struct ocib_rule *rule;
    struct ocib_span span; /* the lines of the instruction, or the one that it is about */
    char *text;            /* one sentence, lower case, no period */
};
struct ocib_warnings {
    OCIB_VEC(struct ocib_warning);
};
void ocib_warnings_release(struct ocib_warnings *findings);

struct ocib_check_options {
    const struct ocib_dockerfile *file;
    /* NULL if the file can't be planned: then only what its text alone tells is looked at. */
    const struct ocib_plan *plan;
    /* What is left out; NULL: the file's own "# check=". */
    const struct ocib_check_directive *directive;
    const struct ocib_ignore *ignore; /* NULL: there is no ignore file */
    bool all_stages;                  /* not only those that the target needs */
    bool own;                         /* ocib's own rules too */
    /* The config of the image that a stage begins from; NULL: it is not known, and what depends on
     * it is not reported. May be asked several times; the configs are borrowed for the check.
     * The function may be NULL: none is known. */
    const struct ocib_config *(*base)(void *data, size_t stage);
    void *data;
};

/* Appends what is found. */
void ocib_check_file(const struct ocib_check_options *options, struct ocib_warnings *out);

#endif
