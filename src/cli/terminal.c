#include "cli/terminal.h"

#include <unistd.h>

void cli_terminal_raw(struct cli_terminal *terminal)
{
    if (terminal->raw || tcgetattr(STDIN_FILENO, &terminal->before) < 0) {
        return;
    }
    struct termios raw = terminal->before;
    cfmakeraw(&raw);
    terminal->raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void cli_terminal_restore(struct cli_terminal *terminal)
{
    if (terminal->raw) {
        tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->before);
        terminal->raw = false;
    }
}
