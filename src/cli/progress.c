#include "cli/progress.h"

#include "cli/render.h"

#include <string.h>

static void close_line(struct cli_progress *progress)
{
    if (progress->line_open) {
        fputc('\n', stderr);
        progress->line_open = false;
    }
}

static void begin(struct cli_progress *progress, const struct ocib_event *event)
{
    close_line(progress);
    fprintf(stderr, "#%u [", event->id);
    if (*event->stage) {
        cli_print_clean(stderr, event->stage);
        fputc(' ', stderr);
    }
    fprintf(stderr, "%u/%u] ", event->step, event->steps);
    cli_print_clean(stderr, event->text);
    fputc('\n', stderr);
}

static void end(struct cli_progress *progress, const struct ocib_event *event)
{
    char time[32], size[32];
    close_line(progress);
    if (event->cached) {
        fprintf(stderr, "#%u cached\n", event->id);
    } else if (event->bytes >= 0) {
        fprintf(stderr, "#%u done %s, %s\n", event->id, cli_duration(time, event->nanoseconds),
                cli_size(size, event->bytes));
    }
}

/* A step's bytes go out as they are: they belong to its tools. */
static void output(struct cli_progress *progress, const struct ocib_event *event)
{
    fwrite(event->text, 1, event->length, stderr);
    progress->line_open = event->length && event->text[event->length - 1] != '\n';
}

static void transfer(struct cli_progress *progress, const struct ocib_event *event)
{
    char size[32];
    if (event->done < event->total || !event->digest) {
        return; /* one line when it is done */
    }
    close_line(progress);
    fprintf(stderr, "%s %.19s %s%s\n", event->text, event->digest, cli_size(size, event->total),
            event->exists ? ", already there" : "");
}

/* As docker shows them: all together, in short. */
static void finding(struct cli_progress *progress, const struct ocib_event *event)
{
    close_line(progress);
    if (event->done == 1) {
        fprintf(stderr, "%lld warning%s (--check shows more):\n", (long long)event->total,
                event->total == 1 ? "" : "s");
    }
    fprintf(stderr, " - %s: ", event->rule);
    cli_print_clean(stderr, event->text);
    fprintf(stderr, " (line %u)\n", event->place.line);
}

void cli_progress_event(void *data, const struct ocib_event *event)
{
    struct cli_progress *progress = data;
    if (event->kind == OCIB_EVENT_MESSAGE) {
        struct cli_common common = *progress->common;
        close_line(progress);
        cli_print_event(&common, event);
        return;
    }
    if (progress->quiet) {
        return;
    }
    switch (event->kind) {
    case OCIB_EVENT_STEP_BEGIN:
        begin(progress, event);
        break;
    case OCIB_EVENT_OUTPUT:
        output(progress, event);
        break;
    case OCIB_EVENT_STEP_END:
        end(progress, event);
        break;
    case OCIB_EVENT_TRANSFER:
        transfer(progress, event);
        break;
    case OCIB_EVENT_FINDING:
        finding(progress, event);
        break;
    case OCIB_EVENT_MESSAGE:
        break;
    }
}

void cli_progress_result(const struct cli_progress *progress,
                         const struct ocib_build_result *result, int64_t nanoseconds)
{
    char size[32], fresh[32], time[32];
    if (progress->quiet) {
        return;
    }
    fprintf(stderr, "%s%s: %s in %zu layers, %s of them new, %zu of %zu steps cached, %s\n",
            result->name ? "built " : "built an image", result->name ? result->name : "",
            cli_size(size, result->size), result->layers, cli_size(fresh, result->new_bytes),
            result->cached, result->steps, cli_duration(time, nanoseconds));
}
