/*
 * What a build shows while it runs, on stderr: plain lines, one step after the other, nothing
 * clipped.
 */
#ifndef OCIB_CLI_PROGRESS_H
#define OCIB_CLI_PROGRESS_H

#include "cli/cli.h"

struct cli_progress {
    const struct cli_common *common;
    bool quiet;     /* only warnings */
    bool line_open; /* output that did not end its line yet */
};

/* For ocib_options.event; `data` is the struct cli_progress. */
void cli_progress_event(void *data, const struct ocib_event *event);
/* The last line of a build that a person wants. */
void cli_progress_result(const struct cli_progress *progress,
                         const struct ocib_build_result *result, int64_t nanoseconds);

#endif
