/* What a verb that reads a Dockerfile is given: the file and its context. */
#ifndef OCIB_CLI_INPUT_H
#define OCIB_CLI_INPUT_H

#include "cli/cli.h"

/*
 * Reads standard input if that is the Dockerfile, and refuses it as the context too: *text is
 * then what options->dockerfile_text points to, and the caller's to free. Returns the exit status,
 * of what is said then.
 */
int cli_input_read(const struct cli_verb *verb, struct ocib_build_options *options, char **text);

#endif
