/* --format: a table for people, or JSON. */
#ifndef OCIB_CLI_FORMAT_H
#define OCIB_CLI_FORMAT_H

#include <stdbool.h>
#include <string.h>

/* NULL if `text` is a known format; else what is wrong. */
static inline const char *cli_format(const char *text, bool *json)
{
    *json = strcmp(text, "json") == 0;
    return *json || strcmp(text, "table") == 0 ? NULL : "--format takes table or json";
}

#endif
