/*
 * Supervisors (emulate/supervisor.h) of steps and of the builder, for the mode in which the kernel
 * knows one id.
 *
 * The supervisor of a step is a thread of its process 1: it sees what the step sees, and ends with
 * it; if it is killed, so is the step. The builder's own calls are handed over, too, so that the
 * code that unpacks layers, copies and compares is the same in every mode; its supervisor is a
 * process forked from it, which ends with it.
 */
#ifndef OCIB_SANDBOX_SUPERVISE_H
#define OCIB_SANDBOX_SUPERVISE_H

#include "sandbox/wire.h"

/* In the process that becomes the command: sets the filter and hands its calls to whoever holds the
 * other end of `socket`. */
int ocib_supervise_hand_over(int socket, const struct ocib_buf *filter,
                             struct ocib_error **err) OCIB_MUST;
/* In process 1: waits for that, and starts the thread. A command that ended before is no failure.
 * Of its capabilities the process keeps what a step has and what reading its memory needs. */
int ocib_supervise_step(int socket, const struct ocib_sandbox_spec *spec,
                        struct ocib_error **err) OCIB_MUST;

/* In the builder: from now on its calls, and those of threads and processes that it starts, are
 * handed over to a process that is forked here. */
int ocib_supervise_this(struct ocib_error **err) OCIB_MUST;

#endif
