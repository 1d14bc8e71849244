#include "cli/options.h"

#include <ocib/ocib.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cli_list_add(struct cli_list *list, const char *text)
{
    const char **grown = reallocarray(list->items, list->count + 2, sizeof(*grown));
    if (!grown) {
        abort();
    }
    list->items = grown;
    list->items[list->count++] = text;
    list->items[list->count] = NULL;
}

void cli_list_release(struct cli_list *list)
{
    free(list->items);
    *list = (struct cli_list){0};
}

static char *message(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *message(const char *fmt, ...)
{
    char *text = NULL;
    __builtin_va_list ap;
    __builtin_va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0) {
        abort();
    }
    __builtin_va_end(ap);
    return text;
}

/* A flag as it stands on the command line. */
struct use {
    const char *shown; /* "--file", "-f" */
    const char *value; /* behind "="; NULL: none */
};

static const struct cli_flag *find(const struct cli_flag *const *tables, const char *name,
                                   size_t len, char letter)
{
    for (size_t t = 0; tables[t]; t++) {
        for (const struct cli_flag *flag = tables[t]; flag->name; flag++) {
            bool same = letter ? flag->letter == letter
                               : strlen(flag->name) == len && memcmp(flag->name, name, len) == 0;
            if (same) {
                return flag;
            }
        }
    }
    return NULL;
}

/* Says that there is no such flag, and which one may have been meant. */
static char *unknown(const struct cli_flag *const *tables, const char *shown)
{
    struct cli_list names = {0};
    for (size_t t = 0; tables[t]; t++) {
        for (const struct cli_flag *flag = tables[t]; flag->name; flag++) {
            cli_list_add(&names, flag->name);
        }
    }
    const char *near = names.items ? ocib_nearest(shown + 2, names.items) : NULL;
    char *text = near ? message("unknown flag %s; did you mean --%s?", shown, near)
                      : message("unknown flag %s", shown);
    cli_list_release(&names);
    return text;
}

static char *set_bool(const struct cli_flag *flag, const struct use *use)
{
    bool *target = flag->target;
    if (!use->value || strcmp(use->value, "true") == 0 || strcmp(use->value, "1") == 0) {
        *target = true;
        return NULL;
    }
    if (strcmp(use->value, "false") == 0 || strcmp(use->value, "0") == 0) {
        *target = false;
        return NULL;
    }
    return message("%s takes true or false, not '%s'", use->shown, use->value);
}

/* *next is moved past a value that is a word of its own. */
static char *set(const struct cli_flag *flag, const struct use *use, int argc, char **argv,
                 int *next)
{
    if (flag->kind == CLI_UNSUPPORTED) {
        return message("%s is not supported yet%s%s", use->shown, flag->help ? ": " : "",
                       flag->help ? flag->help : "");
    }
    if (flag->kind == CLI_BOOL) {
        return set_bool(flag, use);
    }
    const char *value = use->value;
    if (!value) {
        if (*next >= argc) {
            return message("%s needs a value", use->shown);
        }
        value = argv[(*next)++];
    }
    if (flag->kind == CLI_TEXT) {
        *(const char **)flag->target = value;
    } else {
        cli_list_add(flag->target, value);
    }
    return NULL;
}

static char *read_long(const struct cli_flag *const *tables, int argc, char **argv, int *next)
{
    const char *word = argv[(*next)++];
    const char *eq = strchr(word, '=');
    size_t len = eq ? (size_t)(eq - word) : strlen(word);
    char shown[64];
    snprintf(shown, sizeof(shown), "%.*s", (int)(len < 60 ? len : 60), word);
    const struct cli_flag *flag = find(tables, word + 2, len - 2, 0);
    if (!flag) {
        return unknown(tables, shown);
    }
    struct use use = {shown, eq ? eq + 1 : NULL};
    return set(flag, &use, argc, argv, next);
}

/* "-qt name": booleans may be joined; the rest of the word is a value's text. */
static char *read_short(const struct cli_flag *const *tables, int argc, char **argv, int *next)
{
    const char *word = argv[(*next)++];
    for (size_t i = 1; word[i]; i++) {
        char shown[3] = {'-', word[i], '\0'};
        const struct cli_flag *flag = find(tables, NULL, 0, word[i]);
        if (!flag) {
            return message("unknown flag %s", shown);
        }
        const char *rest = word[i + 1] == '=' ? word + i + 2 : word[i + 1] ? word + i + 1 : NULL;
        bool takes_rest = flag->kind != CLI_BOOL || word[i + 1] == '=';
        struct use use = {shown, takes_rest ? rest : NULL};
        char *wrong = set(flag, &use, argc, argv, next);
        if (wrong || takes_rest) {
            return wrong;
        }
    }
    return NULL;
}

char *cli_read_flags(const struct cli_flag *const *tables, int argc, char **argv, bool in_front,
                     struct cli_list *args)
{
    bool ended = false;
    int next = 0;
    while (next < argc) {
        const char *word = argv[next];
        char *wrong = NULL;
        if (ended || word[0] != '-' || word[1] == '\0') {
            cli_list_add(args, word);
            next++;
            ended |= in_front;
        } else if (strcmp(word, "--") == 0) {
            ended = true;
            next++;
        } else if (word[1] == '-') {
            wrong = read_long(tables, argc, argv, &next);
        } else {
            wrong = read_short(tables, argc, argv, &next);
        }
        if (wrong) {
            return wrong;
        }
    }
    return NULL;
}
