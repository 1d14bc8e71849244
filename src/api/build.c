#include "build/build.h"

#include "api/build_args.h"
#include "api/key_agent.h"
#include "api/request.h"
#include "api/secrets.h"
#include "api/session.h"
#include "api/steps.h"
#include "base/mem.h"

#include <stdlib.h>

static struct ocib_event step_event(const struct ocib_step_info *step, char **line)
{
    return (struct ocib_event){
        .place = ocib_session_place(step->span, line),
        .step = step->number,
        .steps = step->count,
        .id = step->id,
        .stage = step->stage,
        .text = step->text,
        .length = strlen(step->text),
        .bytes = -1,
    };
}

static void begin_step(void *data, const struct ocib_step_info *step)
{
    OCIB_AUTO_FREE char *line = NULL;
    struct ocib_event event = step_event(step, &line);
    event.kind = OCIB_EVENT_STEP_BEGIN;
    ocib_session_emit(data, &event);
}

static void output_of_step(void *data, const struct ocib_step_info *step, int stream,
                           struct ocib_str bytes)
{
    OCIB_AUTO_FREE char *line = NULL;
    struct ocib_event event = step_event(step, &line);
    event.kind = OCIB_EVENT_OUTPUT;
    event.stream = stream;
    event.text = bytes.s;
    event.length = bytes.len;
    ocib_session_emit(data, &event);
}

static void end_step(void *data, const struct ocib_step_info *step, bool cached,
                     int64_t nanoseconds, int64_t bytes)
{
    OCIB_AUTO_FREE char *line = NULL;
    struct ocib_event event = step_event(step, &line);
    event.kind = OCIB_EVENT_STEP_END;
    event.cached = cached;
    event.nanoseconds = nanoseconds;
    event.bytes = bytes;
    ocib_session_emit(data, &event);
}

static void report_findings(void *data, const struct ocib_warnings *findings)
{
    for (size_t i = 0; i < findings->len; i++) {
        const struct ocib_warning *found = &findings->items[i];
        OCIB_AUTO_FREE char *line = NULL;
        struct ocib_event event = {
            .kind = OCIB_EVENT_FINDING,
            .level = OCIB_LEVEL_WARNING,
            .place = ocib_session_place(found->span, &line),
            .rule = found->rule->name,
            .text = found->text,
            .length = strlen(found->text),
            .done = (int64_t)i + 1,
            .total = (int64_t)findings->len,
        };
        ocib_session_emit(data, &event);
    }
}

/* As buildx: who gives steps the host's network has also granted it to those that ask for it. */
static int take_network(const char *text, struct ocib_build_request *out,
                        struct ocib_step_settings *settings, struct ocib_error **err)
{
    static const char *const names[] = {"default", "host", "none"};
    static const enum ocib_network values[] = {OCIB_NETWORK_DEFAULT, OCIB_NETWORK_HOST,
                                               OCIB_NETWORK_NONE};
    if (!text) {
        return 0;
    }
    for (size_t i = 0; i < OCIB_COUNT(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            out->network = values[i];
            settings->granted.host_network |= values[i] == OCIB_NETWORK_HOST;
            return 0;
        }
    }
    ocib_error_set(err, OCIB_EUSAGE, "--network: '%s' is not supported", text);
    return ocib_error_hint_set(err, "networks are default, host and none");
}

void ocib_request_lists_release(struct ocib_request_lists *lists)
{
    ocib_strings_release(&lists->tags);
    ocib_strings_release(&lists->build_args);
    ocib_strings_release(&lists->labels);
    ocib_strings_release(&lists->outputs);
    ocib_strings_release(&lists->annotations);
    ocib_strings_release(&lists->build_contexts);
    ocib_strings_release(&lists->no_cache_stages);
    ocib_platform_release(&lists->platform);
    ocib_secrets_release(&lists->secrets);
    ocib_agents_release(&lists->agents);
    ocib_step_settings_release(&lists->settings);
}

static int check_labels(const struct ocib_strings *labels, struct ocib_error **err)
{
    for (size_t i = 0; i < labels->len; i++) {
        if (labels->items[i][0] == '=' || labels->items[i][0] == '\0') {
            return ocib_error_set(err, OCIB_EUSAGE, "--label '%s' has no name", labels->items[i]);
        }
    }
    return 0;
}

/* Each text may name several. */
static void take_stages(struct ocib_strings *out, const char *const *texts)
{
    for (; texts && *texts; texts++) {
        struct ocib_str rest = ocib_str(*texts);
        struct ocib_str name;
        while (ocib_str_cut(&rest, ',', &name)) {
            ocib_strings_push_str(out, name);
        }
    }
}

static int check_no_cache(const struct ocib_build_options *options, struct ocib_error **err)
{
    if (!options->no_cache || !options->no_cache_stages) {
        return 0;
    }
    ocib_error_set(err, OCIB_EUSAGE, "--no-cache and --no-cache-filter can't go together");
    return ocib_error_hint_set(err, "--no-cache runs the steps of all stages anew");
}

/* The build arg means the same as the option, and where there is only one of them it stands for the
 * other: an ARG of this name sees it (buildx). */
static int join_epoch(struct ocib_strings *build_args, struct ocib_build_request *out,
                      struct ocib_error **err)
{
    static const char name[] = "SOURCE_DATE_EPOCH";
    const char *text = ocib_env_get(build_args, name);
    uint64_t seconds;
    if (!text || !*text) {
        if (out->has_epoch) {
            OCIB_AUTO_FREE char *value = ocib_format("%lld", (long long)out->epoch);
            ocib_env_set(build_args, name, value);
        }
        return 0;
    }
    if (!ocib_str_uint(ocib_str(text), INT64_MAX, &seconds)) {
        return ocib_error_set(err, OCIB_EUSAGE,
                              "--build-arg %s takes seconds since 1970, not '%.80s'", name, text);
    }
    out->has_epoch = true;
    out->epoch = (int64_t)seconds;
    return 0;
}

int ocib_request_make(const struct ocib_build_options *options, struct ocib_request_lists *lists,
                      struct ocib_build_request *out, struct ocib_error **err)
{
    ocib_session_list(&lists->tags, options->tags);
    ocib_session_list(&lists->labels, options->labels);
    ocib_session_list(&lists->outputs, options->outputs);
    ocib_session_list(&lists->annotations, options->annotations);
    ocib_session_list(&lists->build_contexts, options->build_contexts);
    take_stages(&lists->no_cache_stages, options->no_cache_stages);
    if (options->push) {
        ocib_strings_push(&lists->outputs, "type=image,push=true");
    }
    *out = (struct ocib_build_request){
        .context = options->context,
        .dockerfile = options->dockerfile,
        .tags = &lists->tags,
        .build_args = &lists->build_args,
        .labels = &lists->labels,
        .annotations = &lists->annotations,
        .build_contexts = &lists->build_contexts,
        .no_cache_stages = &lists->no_cache_stages,
        .outputs = &lists->outputs,
        .secrets = &lists->secrets,
        .agents = &lists->agents.sockets,
        .settings = &lists->settings,
        .target = options->target,
        .no_cache = options->no_cache,
        .pull = options->pull,
        .has_epoch = options->has_epoch,
        .epoch = options->epoch,
    };
    if (options->dockerfile && strcmp(options->dockerfile, "-") == 0) {
        out->dockerfile = NULL;
        out->dockerfile_text =
            (struct ocib_str){options->dockerfile_text, options->dockerfile_length};
    }
    if (options->platform) {
        if (ocib_platform_parse(ocib_str(options->platform), &lists->platform, err) < 0) {
            return -1;
        }
        out->platform = &lists->platform;
    }
    ocib_step_settings_init(&lists->settings);
    return ocib_build_args_read(options, &lists->build_args, err) ||
                   join_epoch(&lists->build_args, out, err) || check_no_cache(options, err) ||
                   ocib_steps_read(&options->steps, &lists->build_args, &lists->settings, err) ||
                   ocib_secrets_read(options->secrets, &lists->secrets, err) ||
                   ocib_agents_read(options->agents, &lists->agents, err) ||
                   check_labels(&lists->labels, err) ||
                   take_network(options->network, out, &lists->settings, err)
               ? -1
               : 0;
}

/* OCIB_STORAGE chooses how trees are kept; for tests, and for who knows better. */
static int take_storage(enum ocib_storage *out, struct ocib_error **err)
{
    static const char *const names[] = {"auto", "overlay", "copy"};
    static const enum ocib_storage values[] = {OCIB_STORAGE_AUTO, OCIB_STORAGE_OVERLAY,
                                               OCIB_STORAGE_COPY};
    const char *text = getenv("OCIB_STORAGE");
    for (size_t i = 0; i < OCIB_COUNT(names); i++) {
        if (!text || !*text || strcmp(text, names[i]) == 0) {
            *out = values[i];
            return 0;
        }
    }
    ocib_error_set(err, OCIB_EUSAGE, "OCIB_STORAGE: there is no storage '%s'", text);
    return ocib_error_hint_set(err, "storages are auto, overlay and copy");
}

static struct ocib_build_result *make_result(struct ocib_build_outcome *outcome)
{
    struct ocib_build_result *result = ocib_new(struct ocib_build_result);
    *result = (struct ocib_build_result){
        .digest = ocib_strdup(outcome->manifest.text),
        .config_digest = ocib_strdup(outcome->config.text),
        .name = ocib_steal(&outcome->name),
        .layers = outcome->layers,
        .steps = outcome->steps,
        .cached = outcome->cached,
        .size = outcome->size,
        .new_bytes = outcome->new_bytes,
    };
    return result;
}

/* Process 1 of a step gives its powers up once the command runs, but where it has to start a shell
 * later; with a supervisor it can't. */
static int take_shell(const struct ocib *ocib, const struct ocib_shell_options *shell,
                      struct ocib_step_io *io, struct ocib_error **err)
{
    enum ocib_sandbox_mode mode = ocib_sandbox_mode(ocib->sandbox);
    if (mode != OCIB_SANDBOX_ROOT && mode != OCIB_SANDBOX_USERNS) {
        ocib_error_set(err, OCIB_EUSAGE, "--on-fail shell can't be had in sandbox mode %s",
                       ocib_sandbox_mode_name(mode));
        return ocib_error_hint_set(err, "modes that have it are root and userns");
    }
    io->input_fd = shell->input_fd;
    io->size_fd = shell->size_fd;
    io->begin = shell->begin;
    io->output = shell->output;
    io->data = shell->data;
    return 0;
}

int ocib_build(struct ocib *ocib, const struct ocib_build_options *options,
               struct ocib_build_result **out, struct ocib_error **err)
{
    OCIB_AUTO(ocib_request_lists_release) struct ocib_request_lists lists = {0};
    struct ocib_build_request request;
    if (ocib_request_make(options, &lists, &request, err) < 0) {
        return -1;
    }
    struct ocib_progress progress = {begin_step, output_of_step, end_step, ocib};
    struct ocib_build_env env = {
        .store = ocib->store,
        .sandbox = ocib->sandbox,
        .registry = ocib->registry,
        .log = &ocib->log,
        .progress = &progress,
        .interrupted = &ocib->interrupted,
        .found = report_findings,
        .found_data = ocib,
    };
    if (!ocib->sandbox) {
        return ocib_error_set(err, OCIB_EINTERNAL, "the session was not opened for running steps");
    }
    if (take_storage(&env.storage, err) < 0) {
        return -1;
    }
    OCIB_AUTO_STRINGS struct ocib_strings shell = {0};
    struct ocib_step_io io = {.shell = &shell};
    ocib_strings_push(&shell, "/bin/sh");
    if (options->on_fail && take_shell(ocib, options->on_fail, &io, err) < 0) {
        return -1;
    }
    request.on_fail = options->on_fail ? &io : NULL;
    OCIB_AUTO(ocib_key_agents_stop) struct ocib_key_agents key_agents = {0};
    if (ocib_key_agents_start(ocib->store, &lists.agents.keys, &key_agents, &lists.agents.sockets,
                              err) < 0) {
        return -1;
    }
    struct ocib_build_outcome outcome = {0};
    int failed = ocib_build_run(&env, &request, &outcome, err);
    if (!failed) {
        *out = make_result(&outcome);
    }
    ocib_build_outcome_release(&outcome);
    return failed;
}

void ocib_build_result_free(struct ocib_build_result *result)
{
    if (result) {
        free(result->digest);
        free(result->config_digest);
        free(result->name);
        free(result);
    }
}
