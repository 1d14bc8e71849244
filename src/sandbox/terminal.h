/*
 * Standard input of a step, and a terminal of its own: what passes between them and the builder's
 * input while the step runs.
 *
 * The terminal is made in the step's own /dev/pts by the process that becomes the command, which
 * sends its master side back. So nothing that the step does to it reaches the builder's terminal.
 */
#ifndef OCIB_SANDBOX_TERMINAL_H
#define OCIB_SANDBOX_TERMINAL_H

#include "base/error.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/types.h>

/* --- in the step --- */

/* Makes descriptors 0 to 2 a new terminal of this user's, the session's controlling one, and sends
 * the master over the socket. */
int ocib_terminal_make(int socket, uid_t uid, struct ocib_error **err) OCIB_MUST;

/* --- in the builder --- */

enum { OCIB_INPUT_POLLED = 3, OCIB_INPUT_PIECE = 4096 };

struct ocib_input {
    int from;    /* what is copied, borrowed; -1: nothing, or its end was reached */
    int to;      /* the step's side: a pipe, or the terminal's master; -1: none */
    int socket;  /* the master comes over it; -1: it has, or there is none */
    int size_of; /* the terminal whose size the step's has, borrowed; -1: none */
    bool terminal;
    struct winsize size;
    char bytes[OCIB_INPUT_PIECE];
    size_t at;
    size_t len;
};
/* With nothing in it. */
void ocib_input_init(struct ocib_input *input);
void ocib_input_release(struct ocib_input *input);
/* What to wait for. */
void ocib_input_poll(const struct ocib_input *input, struct pollfd out[OCIB_INPUT_POLLED]);
/* Does what can be done now. Once, when the terminal is there, returns a descriptor to read its
 * output from, which is the caller's; else -1. */
int ocib_input_move(struct ocib_input *input, const struct pollfd in[OCIB_INPUT_POLLED]);

#endif
