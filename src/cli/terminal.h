/* The terminal that the program runs in, while it is a step's: every key goes there as it is. */
#ifndef OCIB_CLI_TERMINAL_H
#define OCIB_CLI_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

struct cli_terminal {
    struct termios before;
    bool raw;
};

/* Makes standard input raw if it is a terminal. */
void cli_terminal_raw(struct cli_terminal *terminal);
/* As it was. */
void cli_terminal_restore(struct cli_terminal *terminal);

#endif
