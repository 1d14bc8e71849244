/* --on-fail: a shell where a step has failed. */
#ifndef OCIB_CLI_ON_FAIL_H
#define OCIB_CLI_ON_FAIL_H

#include "cli/terminal.h"

#include <ocib/ocib.h>

struct cli_on_fail {
    struct cli_terminal terminal;
    struct ocib_shell_options shell;
};

/* NULL if the flag's value can be had here, and *out is filled; else what is wrong. */
const char *cli_on_fail_read(const char *text, struct cli_on_fail *out);
/* The terminal is the program's again. */
void cli_on_fail_end(struct cli_on_fail *on_fail);

#endif
