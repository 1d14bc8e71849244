/* What `ocib check` found, as text, as buildx's JSON, or as SARIF. */
#ifndef OCIB_CLI_FINDINGS_H
#define OCIB_CLI_FINDINGS_H

#include "cli/cli.h"

#include <ocib/ocib.h>
#include <stdbool.h>
#include <stdio.h>

enum cli_findings_format { CLI_FINDINGS_TEXT, CLI_FINDINGS_JSON, CLI_FINDINGS_SARIF };

/* "text", "json", "sarif". */
bool cli_findings_format(const char *name, enum cli_findings_format *out);

/*
 * Checks and prints on standard output. Returns the exit status: 0 if nothing was found, 1 if
 * something was, and that of the error if there is no file to look at, or it can't be built.
 */
int cli_findings_show(struct ocib *ocib, const struct ocib_build_options *options,
                      enum cli_findings_format format);
/* The same in a session of its own. */
int cli_findings_run(struct cli_common *common, const struct ocib_build_options *options,
                     enum cli_findings_format format);

/* The parts, each for its format. */
void cli_findings_text(FILE *out, const struct ocib_check_result *result);
void cli_findings_json(FILE *out, const struct ocib_check_result *result);
/* SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0). */
void cli_findings_sarif(FILE *out, const struct ocib_check_result *result);

#endif
