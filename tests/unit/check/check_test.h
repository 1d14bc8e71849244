/*
 * Checks in tests. Lines "# test: arg NAME=value" and "# test: target NAME" of a Dockerfile give
 * the options; images have the configs of testdata/check/images, and others aren't known.
 */
#ifndef OCIB_TEST_CHECK_H
#define OCIB_TEST_CHECK_H

#include "golden.h"

#include "check/check.h"
#include "dockerfile/parse.h"
#include "oci/image.h"

struct checked {
    struct ocib_dockerfile *file;
    struct ocib_plan *plan;
    struct ocib_ignore *ignore;
    struct ocib_config *bases; /* by the stages' index */
    size_t count;
    struct ocib_strings args;
    char *target;
    struct ocib_check_directive directive;
    struct ocib_warnings findings;
    struct ocib_error *err; /* why it can't be planned */
};

static inline void checked_release(struct checked *c)
{
    ocib_warnings_release(&c->findings);
    ocib_plan_free(c->plan);
    ocib_dockerfile_free(c->file);
    ocib_ignore_free(c->ignore);
    for (size_t i = 0; i < c->count; i++) {
        ocib_config_release(&c->bases[i]);
    }
    free(c->bases);
    free(c->target);
    ocib_strings_release(&c->args);
    ocib_check_directive_release(&c->directive);
    ocib_error_free(c->err);
}
#define AUTO_CHECKED OCIB_AUTO(checked_release) struct checked

static inline void checked_options(struct checked *c, struct ocib_str text)
{
    struct ocib_str line;
    while (ocib_str_cut(&text, '\n', &line)) {
        if (ocib_str_starts(line, "# test: arg ")) {
            ocib_strings_push_str(&c->args, ocib_str_sub(line, 12, line.len));
        } else if (ocib_str_starts(line, "# test: target ")) {
            c->target = ocib_str_dup(ocib_str_sub(line, 15, line.len));
        }
    }
}

static inline const struct ocib_config *checked_base(void *data, size_t stage)
{
    struct checked *c = data;
    OCIB_AUTO_FREE char *path = ocib_format("%s/check/images/%s.json", TESTDATA,
                                            ocib_plan_stage(c->plan, stage)->base_image);
    OCIB_AUTO_BUF struct ocib_buf json = {0};
    FILE *file = fopen(path, "rb");
    if (!file) {
        return NULL;
    }
    fclose(file);
    golden_read(path, &json);
    ocib_config_release(&c->bases[stage]);
    c->bases[stage] = (struct ocib_config){0};
    assert_int_equal(ocib_config_parse(ocib_buf_str(&json), &c->bases[stage], NULL), 0);
    return &c->bases[stage];
}

/* Checks a text as `ocib check` would; `ignore` may be NULL. */
static inline void checked_make(struct checked *c, struct ocib_str text, const char *ignore,
                                bool own)
{
    struct ocib_platform amd64 = {.os = (char[]){"linux"}, .architecture = (char[]){"amd64"}};
    struct ocib_error *err = NULL;
    checked_options(c, text);
    c->file = ocib_dockerfile_parse("Dockerfile", text, NULL, &err);
    if (!c->file) {
        fail_msg("%.*s: %s", OCIB_STR_ARG(text), ocib_error_message(err));
    }
    struct ocib_plan_options plan = {
        .build_args = &c->args,
        .target = c->target,
        .target_platform = &amd64,
        .build_platform = &amd64,
    };
    c->plan = ocib_plan_new(c->file, &plan, &c->err);
    c->count = c->plan ? ocib_plan_stage_count(c->plan) : 0;
    c->bases = ocib_alloc(c->count + 1, sizeof(*c->bases));
    c->ignore = ignore ? ocib_ignore_parse(".dockerignore", ocib_str(ignore), NULL) : NULL;
    const char *said = ocib_env_get(&c->args, "BUILDKIT_DOCKERFILE_CHECK");
    if (said) {
        assert_int_equal(ocib_check_directive_read(ocib_str(said), &c->directive, NULL, NULL), 0);
    }
    struct ocib_check_options options = {
        .file = c->file,
        .plan = c->plan,
        .directive = said ? &c->directive : NULL,
        .ignore = c->ignore,
        .all_stages = !c->target,
        .own = own,
        .base = checked_base,
        .data = c,
    };
    ocib_check_file(&options, &c->findings);
}

/* "3-4 Rule: text" lines. */
static inline void checked_show(const struct checked *c, struct ocib_buf *out)
{
    for (size_t i = 0; i < c->findings.len; i++) {
        const struct ocib_warning *f = &c->findings.items[i];
        ocib_buf_printf(out, "%u-%u %s: %s\n", f->span.line, f->span.end_line, f->rule->name,
                        f->text);
    }
}

static inline void check_own(const char *text, const char *want)
{
    AUTO_CHECKED c = {0};
    OCIB_AUTO_BUF struct ocib_buf got = {0};
    ocib_buf_init(&got);
    checked_make(&c, ocib_str(text), NULL, true);
    checked_show(&c, &got);
    if (strcmp(got.data, want) != 0) {
        fail_msg("%s--- expected\n%s--- got\n%s", text, want, got.data);
    }
}

#endif
