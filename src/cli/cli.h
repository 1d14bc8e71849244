/*
 * The program: what its verbs share. Only the cli prints. It uses nothing of ocib but the public
 * headers.
 */
#ifndef OCIB_CLI_CLI_H
#define OCIB_CLI_CLI_H

#include "cli/options.h"

#include <ocib/error.h>
#include <ocib/ocib.h>
#include <stdbool.h>
#include <stdio.h>

/* The flags that stand before or after any verb. */
struct cli_common {
    const char *root;
    const char *registry_ca;
    const char *authfile;
    const char *log_level; /* "debug", "info", "warn", "error" */
    struct cli_list mirrors;
    bool tls_verify;
    bool no_color;
    bool help;
};

/* One use of a verb: what stood behind it, and what was made of that. */
struct cli_call {
    const struct cli_verb *verb;
    struct cli_common *common;
    int argc;
    char **argv;
    bool flags_in_front;               /* what comes behind the first argument is no flag */
    const struct cli_flag *more_flags; /* a second table of the verb's; NULL: none */
    struct cli_list args; /* the words that are no flags, once cli_parse() has read them */
};

struct cli_verb {
    const char *name;
    const char *usage;                 /* behind "ocib NAME" */
    const char *summary;               /* one line */
    const char *help;                  /* further text, with examples */
    int (*run)(struct cli_call *call); /* returns the exit status */
};

/* All verbs, in the order of help; the last has no name. (main.c) */
extern const struct cli_verb cli_verbs[];

/*
 * Reads the verb's flags (NULL: it has none) and the common ones. False if the verb is
 * over: help was asked for, or the flags are wrong (it is said then); *status is the exit status.
 */
bool cli_parse(struct cli_call *call, const struct cli_flag *flags, int *status);
/* Says that the arguments are not what the verb takes; returns the exit status. */
int cli_usage(const struct cli_verb *verb, const char *what);

/* A session for the common flags; events go to `event`. Signals then interrupt it. NULL: said,
 * *status set. */
struct ocib *cli_open(const struct cli_common *common, struct ocib_options *options, int *status);
void cli_close(struct ocib *ocib);
/* Prints the error, frees it, and returns its exit status (130 or 143 after a signal). */
int cli_fail(struct ocib_error *err);

/* Messages of a session on stderr, as far as --log-level says; `data` is the struct cli_common. */
void cli_print_event(void *data, const struct ocib_event *event);

int cmd_build(struct cli_call *call);
int cmd_check(struct cli_call *call);
int cmd_run(struct cli_call *call);
int cmd_push(struct cli_call *call);
int cmd_pull(struct cli_call *call);
int cmd_images(struct cli_call *call);
int cmd_tag(struct cli_call *call);
int cmd_untag(struct cli_call *call);
int cmd_inspect(struct cli_call *call);
int cmd_history(struct cli_call *call);
int cmd_report(struct cli_call *call);
int cmd_doctor(struct cli_call *call);
int cmd_version(struct cli_call *call);
int cmd_help(struct cli_call *call);

#endif
