/*
 * Flags with docker's spelling: "--flag value", "--flag=value", "-f value", "-f=value", "-fvalue";
 * booleans alone or with "=true" and "=false"; "--" ends them. Flags and arguments may be mixed.
 */
#ifndef OCIB_CLI_OPTIONS_H
#define OCIB_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Borrowed words; `items` ends with NULL once something was added, and is NULL before. */
struct cli_list {
    const char **items;
    size_t count;
};
void cli_list_add(struct cli_list *list, const char *text);
void cli_list_release(struct cli_list *list);

enum cli_flag_kind {
    CLI_BOOL,        /* bool * */
    CLI_TEXT,        /* const char ** */
    CLI_LIST,        /* struct cli_list * */
    CLI_UNSUPPORTED, /* known to docker's users, not there yet: refused by name */
};

struct cli_flag {
    const char *name; /* without dashes; NULL ends the table */
    char letter;      /* 0: none */
    enum cli_flag_kind kind;
    void *target;
    const char *value; /* what help calls the value; NULL for booleans */
    const char *help;
};

/*
 * Reads argv against several tables (NULL-ended). Words that are no flags go to *args; with
 * `in_front` the first of them and all behind it, whatever it looks like. NULL on
 * success, else a message that the caller frees.
 */
char *cli_read_flags(const struct cli_flag *const *tables, int argc, char **argv, bool in_front,
                     struct cli_list *args);

#endif
