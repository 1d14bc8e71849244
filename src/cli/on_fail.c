#include "cli/on_fail.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void begin(void *data)
{
    struct cli_on_fail *on_fail = data;
    fprintf(stderr, "ocib: the step failed; this is a shell in its place (exit ends the build)\n");
    fflush(stderr);
    cli_terminal_raw(&on_fail->terminal);
}

static void put(void *data, const char *bytes, size_t length)
{
    (void)data;
    while (length > 0) {
        ssize_t n = write(STDERR_FILENO, bytes, length);
        if (n < 0 && errno != EINTR) {
            return;
        }
        bytes += n < 0 ? 0 : n;
        length -= n < 0 ? 0 : (size_t)n;
    }
}

const char *cli_on_fail_read(const char *text, struct cli_on_fail *out)
{
    if (strcmp(text, "keep") == 0) {
        return "--on-fail keep is not supported yet: use --on-fail shell";
    }
    if (strcmp(text, "shell") != 0) {
        return "--on-fail takes shell";
    }
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        return "--on-fail shell needs a terminal, on standard input and standard error";
    }
    out->shell = (struct ocib_shell_options){.input_fd = STDIN_FILENO,
                                             .size_fd = STDIN_FILENO,
                                             .begin = begin,
                                             .output = put,
                                             .data = out};
    return NULL;
}

void cli_on_fail_end(struct cli_on_fail *on_fail)
{
    cli_terminal_restore(&on_fail->terminal);
}
