#include "build/check.h"

#include "build/input.h"
#include "build/stage.h"
#include "dockerfile/parse.h"

/* The build arg that stands for the "# check=" of the file. */
#define DIRECTIVE_ARG "BUILDKIT_DOCKERFILE_CHECK"

/* What a check knows of the base images, by stage. */
struct bases {
    struct ocib_config *configs;
    bool *known;
    size_t count;
};

static void bases_release(struct bases *bases)
{
    for (size_t i = 0; i < bases->count; i++) {
        ocib_config_release(&bases->configs[i]);
    }
    free(bases->configs);
    free(bases->known);
}

void ocib_check_report_release(struct ocib_check_report *report)
{
    ocib_warnings_release(&report->findings);
    ocib_dockerfile_free(report->file);
    ocib_error_free(report->error);
    *report = (struct ocib_check_report){0};
}

/* The file's own directive, or that of the build arg. */
static int read_directive(struct ocib_build *build, struct ocib_check_directive *own,
                          const struct ocib_check_directive **out, struct ocib_error **err)
{
    const char *said = ocib_env_get(build->request->build_args, DIRECTIVE_ARG);
    *out = &build->file->check;
    if (!said) {
        return 0;
    }
    *out = own;
    struct ocib_error *cause = NULL;
    if (ocib_check_directive_read(ocib_str(said), own, NULL, &cause) < 0) {
        ocib_error_code_set(&cause, OCIB_EUSAGE);
        ocib_error_wrap(&cause, "--build-arg " DIRECTIVE_ARG);
        return ocib_error_move(err, cause);
    }
    return 0;
}

/* --- base images --------------------------------------------------------------------------------
 */

/* Reads one; once a registry can't be reached, the next images aren't asked for: a check must not
 * take long. */
static void read_base(struct ocib_build *build, const struct ocib_stage *stage, bool *ask,
                      struct bases *out)
{
    size_t index = stage->index;
    OCIB_AUTO_ERROR struct ocib_error *cause = NULL;
    struct ocib_config_wish wish = {index, stage->base_image, *ask};
    out->known[index] = ocib_build_base_config(build, &wish, &out->configs[index], &cause);
    *ask = *ask && ocib_error_code(cause) != OCIB_ENETWORK;
    if (cause) {
        ocib_log_at(build->env->log, OCIB_LOG_DEBUG, stage->base_span,
                    "checked without what %s sets: %s", stage->base_image,
                    ocib_error_message(cause));
    }
}

/* The bases of all stages, or of those that are needed, also by the triggers of a base. */
static void read_bases(struct ocib_build *build, bool ask, bool all, struct bases *out)
{
    OCIB_AUTO_FREE bool *done = ocib_alloc(build->stage_count, sizeof(*done));
    *out = (struct bases){
        .configs = ocib_alloc(build->stage_count, sizeof(*out->configs)),
        .known = ocib_alloc(build->stage_count, sizeof(*out->known)),
        .count = build->stage_count,
    };
    bool grown = true;
    while (grown) {
        size_t count;
        const size_t *order = ocib_plan_order(build->plan, &count);
        grown = false;
        for (size_t i = 0; i < (all ? build->stage_count : count) && !grown; i++) {
            const struct ocib_stage *stage = ocib_plan_stage(build->plan, all ? i : order[i]);
            if (stage->base != OCIB_BASE_IMAGE || done[stage->index]) {
                continue;
            }
            done[stage->index] = true;
            read_base(build, stage, &ask, out);
            /* A trigger that can't be planned is said when its stage is. */
            if (out->known[stage->index] &&
                ocib_plan_need_triggers(build->plan, stage->index, &out->configs[stage->index],
                                        &grown, NULL) < 0) {
                grown = false;
            }
        }
    }
}

static const struct ocib_config *give_base(void *data, size_t stage)
{
    const struct bases *bases = data;
    return bases->known[stage] ? &bases->configs[stage] : NULL;
}

/* --- ocib check ----------------------------------------------------------------------------------
 */

/* What a build would refuse, as far as the bases are known. */
static int plan_stages(struct ocib_build *build, const struct bases *bases, bool all,
                       struct ocib_error **err)
{
    size_t count;
    const size_t *order = ocib_plan_order(build->plan, &count);
    bool *planned = bases->known;
    for (size_t i = 0; i < (all ? build->stage_count : count); i++) {
        size_t index = all ? i : order[i];
        const struct ocib_stage *stage = ocib_plan_stage(build->plan, index);
        const struct ocib_config *base = stage->base == OCIB_BASE_STAGE
                                             ? &build->stages[stage->base_stage].planned.config
                                         : stage->base == OCIB_BASE_IMAGE ? &bases->configs[index]
                                                                          : NULL;
        planned[index] = stage->base == OCIB_BASE_SCRATCH || planned[index] ||
                         (stage->base == OCIB_BASE_STAGE && planned[stage->base_stage]);
        if (planned[index] &&
            ocib_plan_stage_ops(build->plan, index, base, &build->stages[index].planned, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static void check_planned(struct ocib_build *build, struct ocib_check_options *options,
                          struct ocib_check_report *out)
{
    OCIB_AUTO(bases_release) struct bases bases = {0};
    read_bases(build, true, options->all_stages, &bases);
    options->plan = build->plan;
    options->base = give_base;
    options->data = &bases;
    ocib_check_file(options, &out->findings);
    if (plan_stages(build, &bases, options->all_stages, &out->error) < 0 && !out->error) {
        ocib_error_set(&out->error, OCIB_EINTERNAL, "a stage can't be planned");
    }
}

int ocib_build_check(const struct ocib_build_env *env, const struct ocib_build_request *request,
                     struct ocib_check_report *out, struct ocib_error **err)
{
    OCIB_AUTO(ocib_build_release) struct ocib_build build = {.env = env, .request = request};
    OCIB_AUTO(ocib_check_directive_release) struct ocib_check_directive own = {0};
    struct ocib_check_options options = {.own = true, .all_stages = !request->target};
    if (ocib_build_read_file(&build, err) < 0 ||
        read_directive(&build, &own, &options.directive, err) < 0) {
        return -1;
    }
    options.file = build.file;
    options.ignore = ocib_context_ignore(build.input->context);
    if (ocib_build_make_plan(&build, &out->error) == 0) {
        check_planned(&build, &options, out);
    } else {
        ocib_check_file(&options, &out->findings);
    }
    out->file = ocib_steal(&build.file);
    return 0;
}

/* --- ocib build ----------------------------------------------------------------------------------
 */

static void check_build(struct ocib_build *build, const struct ocib_check_directive *directive,
                        bool ask, struct ocib_warnings *out)
{
    OCIB_AUTO(bases_release) struct bases bases = {0};
    read_bases(build, ask, false, &bases);
    struct ocib_check_options options = {
        .file = build->file,
        .plan = build->plan,
        .directive = directive,
        .ignore = ocib_context_ignore(build->input->context),
        .base = give_base,
        .data = &bases,
    };
    ocib_check_file(&options, out);
}

static void tell(const struct ocib_build *build, const struct ocib_warnings *findings)
{
    if (findings->len && build->env->found) {
        build->env->found(build->env->found_data, findings);
    }
}

int ocib_build_check_before(struct ocib_build *build, struct ocib_error **err)
{
    OCIB_AUTO(ocib_check_directive_release) struct ocib_check_directive own = {0};
    OCIB_AUTO(ocib_warnings_release) struct ocib_warnings findings = {0};
    const struct ocib_check_directive *directive;
    if (read_directive(build, &own, &directive, err) < 0) {
        return -1;
    }
    if (!directive->error) {
        return 0;
    }
    check_build(build, directive, true, &findings);
    tell(build, &findings);
    if (findings.len == 0) {
        return 0;
    }
    ocib_error_at(
        err, OCIB_EDOCKERFILE, findings.items[0].span,
        "the checks found %zu problem%s (%s%s), and check=error=true makes errors of them",
        findings.len, findings.len == 1 ? "" : "s", findings.items[0].rule->name,
        findings.len == 1 ? "" : ", …");
    return ocib_error_hint_set(err, "see them all with --check; check=skip=NAME leaves one out");
}

void ocib_build_check_after(struct ocib_build *build)
{
    OCIB_AUTO(ocib_check_directive_release) struct ocib_check_directive own = {0};
    OCIB_AUTO(ocib_warnings_release) struct ocib_warnings findings = {0};
    const struct ocib_check_directive *directive;
    if (build->plan && read_directive(build, &own, &directive, NULL) == 0 && !directive->error) {
        check_build(build, directive, false, &findings);
        tell(build, &findings);
    }
}
