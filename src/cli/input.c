#include "cli/input.h"

#include <stdlib.h>
#include <string.h>

enum { STDIN_MAX = 16 << 20 }; /* bytes of a Dockerfile on standard input */

static char *read_stdin(size_t *len)
{
    char *text = malloc(STDIN_MAX + 1);
    *len = text ? fread(text, 1, STDIN_MAX + 1, stdin) : 0;
    if (!text || ferror(stdin) || *len > STDIN_MAX) {
        free(text);
        return NULL;
    }
    return text;
}

int cli_input_read(const struct cli_verb *verb, struct ocib_build_options *options, char **text)
{
    if (!options->dockerfile || strcmp(options->dockerfile, "-") != 0) {
        return 0;
    }
    if (strcmp(options->context, "-") == 0) {
        return cli_usage(verb, "standard input can't be both the context and the Dockerfile");
    }
    *text = read_stdin(&options->dockerfile_length);
    options->dockerfile_text = *text;
    return *text ? 0 : cli_usage(verb, "can't read a Dockerfile from standard input");
}
