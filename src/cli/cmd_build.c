#include "cli/call.h"
#include "cli/cli.h"
#include "cli/findings.h"
#include "cli/input.h"
#include "cli/on_fail.h"
#include "cli/progress.h"
#include "cli/render.h"
#include "cli/step_flags.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What the flags say, beside what goes into ocib_build_options as it is. */
struct flags {
    struct ocib_build_options options;
    struct cli_list tags, build_args, labels, outputs, secrets, agents;
    struct cli_list arg_files, annotations, contexts, uncached;
    struct cli_step_flags steps;
    const char *on_fail_text;
    struct cli_on_fail on_fail;
    const char *iidfile;
    const char *metadata_file;
    const char *progress;
    const char *epoch;
    const char *sandbox;
    const char *call_text;
    struct cli_call_request call;
    bool quiet;
    bool load;
    bool check;
};

static bool to_number(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return *text && *end == '\0' && errno == 0;
}

/* NULL if all is well. */
static const char *complete(struct flags *flags)
{
    struct ocib_build_options *options = &flags->options;
    const char *epoch = flags->epoch ? flags->epoch : getenv("SOURCE_DATE_EPOCH");
    options->tags = flags->tags.items;
    options->build_args = flags->build_args.items;
    options->build_arg_files = flags->arg_files.items;
    options->annotations = flags->annotations.items;
    options->build_contexts = flags->contexts.items;
    options->no_cache_stages = flags->uncached.items;
    options->labels = flags->labels.items;
    options->outputs = flags->outputs.items;
    options->secrets = flags->secrets.items;
    options->agents = flags->agents.items;
    cli_step_flags_finish(&flags->steps);
    options->steps = flags->steps.options;
    if (epoch && *epoch) {
        options->has_epoch = true;
        if (!to_number(epoch, &options->epoch) || options->epoch < 0) {
            return "--source-date-epoch (SOURCE_DATE_EPOCH) takes seconds since 1970";
        }
    }
    if (flags->load) {
        cli_list_add(&flags->outputs, "type=image"); /* the store is where images are loaded to */
        options->outputs = flags->outputs.items;
    }
    const char *wrong = cli_call_parse(flags->call_text, &flags->call);
    if (wrong) {
        return wrong;
    }
    if (flags->check) {
        flags->call.kind = CLI_CALL_CHECK;
    }
    bool known = strcmp(flags->progress, "auto") == 0 || strcmp(flags->progress, "plain") == 0 ||
                 strcmp(flags->progress, "quiet") == 0;
    flags->quiet |= strcmp(flags->progress, "quiet") == 0;
    return known ? NULL : "--progress takes auto, plain or quiet";
}

static int write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    bool bad = !file || fputs(text, file) == EOF;
    if (file && fclose(file) != 0) {
        bad = true;
    }
    if (bad) {
        fprintf(stderr, "ocib: error: can't write %s: %s\n", path, strerror(errno));
        return 9;
    }
    return 0;
}

/* The keys are buildx's. */
static int write_metadata(const char *path, const struct ocib_build_result *result)
{
    FILE *file = fopen(path, "we");
    if (file) {
        fprintf(file, "{\n  \"containerimage.config.digest\": ");
        cli_json_string(file, result->config_digest);
        fprintf(file, ",\n  \"containerimage.digest\": ");
        cli_json_string(file, result->digest);
        if (result->name) {
            fprintf(file, ",\n  \"image.name\": ");
            cli_json_string(file, result->name);
        }
        fprintf(file, "\n}\n");
    }
    if (!file || fclose(file) != 0) {
        fprintf(stderr, "ocib: error: can't write %s: %s\n", path, strerror(errno));
        return 9;
    }
    return 0;
}

static void write_failure(const char *path, const struct ocib_error *err)
{
    FILE *file = fopen(path, "we");
    if (!file) {
        return; /* the build's own error is the one to show */
    }
    fprintf(file, "{\n  \"error\": ");
    cli_json_string(file, ocib_error_message(err));
    if (ocib_error_step_status(err) >= 0) {
        fprintf(file, ",\n  \"step.exit_status\": %d", ocib_error_step_status(err));
    }
    fprintf(file, "\n}\n");
    fclose(file);
}

/* Standard output may be the image itself; the digest is then not printed there. */
static bool stdout_is_taken(const struct cli_list *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        const char *text = outputs->items[i];
        bool is_tar = strstr(text, "type=oci") || strstr(text, "type=tar");
        if (strcmp(text, "-") == 0 || strstr(text, "dest=-") ||
            (is_tar && !strstr(text, "dest="))) {
            return true;
        }
    }
    return false;
}

static int finish(const struct flags *flags, const struct cli_progress *progress,
                  const struct ocib_build_result *result, int64_t nanoseconds)
{
    int status = flags->iidfile ? write_file(flags->iidfile, result->config_digest) : 0;
    if (status == 0 && flags->metadata_file) {
        status = write_metadata(flags->metadata_file, result);
    }
    cli_progress_result(progress, result, nanoseconds);
    if (!stdout_is_taken(&flags->outputs)) {
        printf("%s\n", result->digest);
    }
    return status;
}

static int64_t clock_nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int build(struct cli_common *common, struct flags *flags)
{
    struct cli_progress progress = {.common = common, .quiet = flags->quiet};
    struct ocib_options options = {
        .steps = true, .sandbox = flags->sandbox, .event = cli_progress_event, .data = &progress};
    struct ocib_build_result *result = NULL;
    struct ocib_error *err = NULL;
    int status = 0;
    int64_t start = clock_nanoseconds();
    struct ocib *ocib = cli_open(common, &options, &status);
    if (!ocib) {
        return status;
    }
    int failed = ocib_build(ocib, &flags->options, &result, &err);
    cli_on_fail_end(&flags->on_fail);
    if (failed) {
        if (progress.line_open) {
            fputc('\n', stderr);
        }
        if (flags->metadata_file) {
            write_failure(flags->metadata_file, err);
        }
        status = cli_fail(err);
    } else {
        status = finish(flags, &progress, result, clock_nanoseconds() - start);
    }
    ocib_build_result_free(result);
    cli_close(ocib);
    return status;
}

/* --check and --call: the Dockerfile is read, and nothing is built. */
static int show_call(struct cli_common *common, const struct flags *flags)
{
    if (flags->call.kind == CLI_CALL_CHECK) {
        return cli_findings_run(common, &flags->options, flags->call.format);
    }
    struct ocib_options options = {.event = cli_print_event, .data = common};
    int status = 0;
    struct ocib *ocib = cli_open(common, &options, &status);
    if (ocib) {
        status = cli_call_show(ocib, &flags->options, &flags->call);
        cli_close(ocib);
    }
    return status;
}

static int check_and_build(struct cli_call *call, struct flags *flags)
{
    struct ocib_build_options *options = &flags->options;
    const char *wrong = call->args.count == 1 ? complete(flags) : "build takes one CONTEXT";
    if (!wrong && flags->on_fail_text) {
        wrong = cli_on_fail_read(flags->on_fail_text, &flags->on_fail);
        options->on_fail = &flags->on_fail.shell;
    }
    char *dockerfile = NULL;
    options->context = call->args.count ? call->args.items[0] : NULL;
    int status =
        wrong ? cli_usage(call->verb, wrong) : cli_input_read(call->verb, options, &dockerfile);
    if (status == 0) {
        status = flags->call.kind == CLI_CALL_BUILD ? build(call->common, flags)
                                                    : show_call(call->common, flags);
    }
    free(dockerfile);
    return status;
}

static void release(struct flags *flags)
{
    struct cli_list *const lists[] = {&flags->tags,      &flags->build_args,  &flags->labels,
                                      &flags->outputs,   &flags->secrets,     &flags->agents,
                                      &flags->arg_files, &flags->annotations, &flags->uncached,
                                      &flags->contexts};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        cli_list_release(lists[i]);
    }
}

/* Known to docker's users; what ocib can't do yet is refused, never ignored. */
#define UNSUPPORTED(name)                                                                          \
    {                                                                                              \
        name, 0, CLI_UNSUPPORTED, NULL, NULL, NULL                                                 \
    }

int cmd_build(struct cli_call *call)
{
    struct flags flags = {.progress = "auto", .call_text = "build"};
    const struct cli_flag table[] = {
        {"tag", 't', CLI_LIST, &flags.tags, "NAME[:TAG]", "name the image (many)"},
        {"file", 'f', CLI_TEXT, &flags.options.dockerfile, "FILE",
         "the Dockerfile; - reads standard input"},
        {"target", 0, CLI_TEXT, &flags.options.target, "STAGE", "the stage to build"},
        {"build-arg", 0, CLI_LIST, &flags.build_args, "NAME[=VALUE]", "the value of an ARG (many)"},
        {"build-arg-file", 0, CLI_LIST, &flags.arg_files, "FILE",
         "a file with a NAME=VALUE in each line (many)"},
        {"build-context", 0, CLI_LIST, &flags.contexts, "NAME=WHAT",
         "a folder, image, layout or URL in place of a stage or image (many)"},
        {"label", 0, CLI_LIST, &flags.labels, "KEY=VALUE", "a label for the image (many)"},
        {"annotation", 0, CLI_LIST, &flags.annotations, "[TYPE:]KEY=VALUE",
         "an annotation of the manifest (many)"},
        {"platform", 0, CLI_TEXT, &flags.options.platform, "OS/ARCH", "the platform to build for"},
        {"no-cache", 0, CLI_BOOL, &flags.options.no_cache, NULL, "run every step anew"},
        {"no-cache-filter", 0, CLI_LIST, &flags.uncached, "STAGE,...",
         "run the steps of these stages anew (many)"},
        {"pull", 0, CLI_BOOL, &flags.options.pull, NULL, "ask the registry for newer base images"},
        {"network", 0, CLI_TEXT, &flags.options.network, "MODE", "of steps: default, host, none"},
        {"secret", 0, CLI_LIST, &flags.secrets, "SPEC",
         "a secret for steps (many): id=NAME,src=FILE or id=NAME,env=VARIABLE"},
        {"ssh", 0, CLI_LIST, &flags.agents, "ID[=SOCKET|KEY,...]",
         "an SSH agent or keys for steps (many)"},
        {"output", 'o', CLI_LIST, &flags.outputs, "SPEC",
         "where the image goes (many): type=oci,dest=FILE, ..."},
        {"push", 0, CLI_BOOL, &flags.options.push, NULL, "push the image under its tags"},
        {"load", 0, CLI_BOOL, &flags.load, NULL,
         "put the image into the store, beside other outputs"},
        {"source-date-epoch", 0, CLI_TEXT, &flags.epoch, "SECONDS",
         "no time in the image is later (also SOURCE_DATE_EPOCH)"},
        {"iidfile", 0, CLI_TEXT, &flags.iidfile, "FILE", "write the image ID to a file"},
        {"metadata-file", 0, CLI_TEXT, &flags.metadata_file, "FILE",
         "write digests to a JSON file"},
        {"progress", 0, CLI_TEXT, &flags.progress, "HOW", "auto, plain, quiet"},
        {"quiet", 'q', CLI_BOOL, &flags.quiet, NULL, "print the digest only"},
        {"check", 0, CLI_BOOL, &flags.check, NULL, "check the Dockerfile, and build nothing"},
        {"call", 0, CLI_TEXT, &flags.call_text, "METHOD[,format=json]",
         "show what the build takes and don't build: check, outline, targets"},
        {"on-fail", 0, CLI_TEXT, &flags.on_fail_text, "shell", "a shell where a step has failed"},
        {"sandbox", 0, CLI_TEXT, &flags.sandbox, "MODE",
         "how steps run: auto, root, userns, single, none"},
        UNSUPPORTED("cache-from"),
        UNSUPPORTED("cache-to"),
        UNSUPPORTED("provenance"),
        UNSUPPORTED("sbom"),
        UNSUPPORTED("squash"),
        UNSUPPORTED("jobs"),
        UNSUPPORTED("max-size"),
        UNSUPPORTED("max-growth"),
        UNSUPPORTED("report"),
        UNSUPPORTED("explain-cache"),
        UNSUPPORTED("cache-mounts-from"),
        UNSUPPORTED("cache-mounts-to"),
        UNSUPPORTED("builder"),
        UNSUPPORTED("attest"),
        UNSUPPORTED("rm"),
        UNSUPPORTED("force-rm"),
        {NULL, 0, CLI_BOOL, NULL, NULL, NULL},
    };
    const struct cli_flag more[] = CLI_STEP_FLAGS(&flags.steps);
    int status;
    call->more_flags = more;
    if (cli_parse(call, table, &status)) {
        status = check_and_build(call, &flags);
    }
    release(&flags);
    cli_step_flags_release(&flags.steps);
    return status;
}
