/* `ocib build --call`: what a build takes, shown instead of building it, as docker buildx shows it.
 */
#ifndef OCIB_CLI_CALL_H
#define OCIB_CLI_CALL_H

#include "cli/findings.h"

#include <ocib/ocib.h>

enum cli_call_kind { CLI_CALL_BUILD, CLI_CALL_CHECK, CLI_CALL_OUTLINE, CLI_CALL_TARGETS };

struct cli_call_request {
    enum cli_call_kind kind;
    enum cli_findings_format format; /* sarif: of check only */
};

/* "outline", "targets,format=json": NULL if it is right, else what is wrong with it, for
 * cli_usage(). */
const char *cli_call_parse(const char *text, struct cli_call_request *out);

/* Prints the outline or the targets on standard output; returns the exit status. */
int cli_call_show(struct ocib *ocib, const struct ocib_build_options *options,
                  const struct cli_call_request *request);

#endif
