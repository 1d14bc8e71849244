#include "build/check.h"

#include "api/request.h"
#include "base/mem.h"

static struct ocib_check_result *make_result(struct ocib_check_report *report)
{
    struct ocib_check_result *result = ocib_new(struct ocib_check_result);
    const struct ocib_source *source = report->file->source;
    *result = (struct ocib_check_result){
        .findings = ocib_alloc(report->findings.len, sizeof(*result->findings)),
        .count = report->findings.len,
        .file = ocib_strdup(source->name),
        .source = ocib_strndup(source->text, source->len),
        .source_length = source->len,
        .error = ocib_steal(&report->error),
    };
    for (size_t i = 0; i < result->count; i++) {
        struct ocib_warning *found = &report->findings.items[i];
        result->findings[i] = (struct ocib_check_finding){
            .rule = found->rule->name,
            .url = found->rule->url,
            .description = found->rule->description,
            .advice = found->rule->advice,
            .text = ocib_steal(&found->text),
            .line = found->span.line,
            .end_line = found->span.end_line,
        };
    }
    return result;
}

int ocib_check(struct ocib *ocib, const struct ocib_build_options *options,
               struct ocib_check_result **out, struct ocib_error **err)
{
    OCIB_AUTO(ocib_request_lists_release) struct ocib_request_lists lists = {0};
    OCIB_AUTO(ocib_check_report_release) struct ocib_check_report report = {0};
    struct ocib_build_request request;
    struct ocib_build_env env = {
        .store = ocib->store,
        .registry = ocib->registry,
        .log = &ocib->log,
        .interrupted = &ocib->interrupted,
    };
    if (ocib_request_make(options, &lists, &request, err) < 0) {
        return -1;
    }
    lists.settings.granted = (struct ocib_entitlements){true, true}; /* nothing is run */
    if (ocib_build_check(&env, &request, &report, err) < 0) {
        return -1;
    }
    *out = make_result(&report);
    return 0;
}

void ocib_check_result_free(struct ocib_check_result *result)
{
    if (!result) {
        return;
    }
    for (size_t i = 0; i < result->count; i++) {
        free(result->findings[i].text);
    }
    free(result->findings);
    free(result->file);
    free(result->source);
    ocib_error_free(result->error);
    free(result);
}
