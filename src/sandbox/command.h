/*
 * The step's command, in the process that becomes it: user and groups, capabilities, seccomp, and
 * the search for the program. Runs inside the step's tree, as root of the sandbox.
 */
#ifndef OCIB_SANDBOX_COMMAND_H
#define OCIB_SANDBOX_COMMAND_H

#include "sandbox/wire.h"

/*
 * Executes the command. Returns only if that fails, with -1 and an error, or with the exit status
 * that a shell gives for a command that can't be executed (126) or does not exist (127), after one
 * line on standard error. `supervisor`: where the supervisor of an emulated step waits for its
 * calls (see supervise.h); else -1.
 */
int ocib_sandbox_command(struct ocib_sandbox_spec *spec, int supervisor,
                         struct ocib_error **err) OCIB_MUST;

#endif
