/* The flags of what steps may do, which several verbs have. */
#ifndef OCIB_CLI_STEP_FLAGS_H
#define OCIB_CLI_STEP_FLAGS_H

#include "cli/options.h"

#include <ocib/ocib.h>

struct cli_step_flags {
    struct ocib_step_options options; /* complete after cli_step_flags_finish() */
    struct cli_list allow, security, caps_add, caps_drop, hosts, dns, dns_search, dns_options,
        ulimits;
};

/* The rows of a table, with its end. */
#define CLI_STEP_FLAGS(f)                                                                          \
    {                                                                                              \
        {"allow",     0,      CLI_LIST,                                                            \
         &(f)->allow, "NAME", "what RUN may ask for (many): network.host, security.insecure"},     \
            {"add-host",     0,                                                                    \
             CLI_LIST,       &(f)->hosts,                                                          \
             "NAME:ADDRESS", "a line for /etc/hosts of steps (many)"},                             \
            {"dns", 0, CLI_LIST, &(f)->dns, "ADDRESS", "a name server of steps (many); none"},     \
            {"dns-search", 0, CLI_LIST, &(f)->dns_search, "DOMAIN", "a search domain (many)"},     \
            {"dns-option", 0, CLI_LIST, &(f)->dns_options, "TEXT", "a resolver option (many)"},    \
            {"security-opt", 0,                                                                    \
             CLI_LIST,       &(f)->security,                                                       \
             "OPTION",       "seccomp=unconfined, seccomp=FILE, no-new-privileges, ... (many)"},   \
            {"cap-add", 0, CLI_LIST, &(f)->caps_add, "NAME", "one more capability (many)"},        \
            {"cap-drop", 0, CLI_LIST, &(f)->caps_drop, "NAME", "one capability less (many)"},      \
            {"ulimit", 0, CLI_LIST, &(f)->ulimits, "TYPE=SOFT[:HARD]", "a limit (many)"},          \
            {"shm-size", 0, CLI_TEXT, &(f)->options.shm_size, "SIZE", "of /dev/shm, 64m"},         \
            {"cgroup-parent", 0,                                                                   \
             CLI_TEXT,        &(f)->options.cgroup_parent,                                         \
             "PATH",          "where the steps' cgroups are made"},                                \
            {"memory", 'm', CLI_TEXT, &(f)->options.memory, "SIZE", "most memory of a step"},      \
            {"memory-swap", 0,                                                                     \
             CLI_TEXT,      &(f)->options.memory_swap,                                             \
             "SIZE",        "most memory and swap; -1: no limit of swap"},                         \
            {"cpus", 0, CLI_TEXT, &(f)->options.cpus, "NUMBER", "most processors: 1.5"},           \
            {"cpu-period",   0,                                                                    \
             CLI_TEXT,       &(f)->options.cpu_period,                                             \
             "MICROSECONDS", "the period of --cpu-quota"},                                         \
            {"cpu-quota",    0,                                                                    \
             CLI_TEXT,       &(f)->options.cpu_quota,                                              \
             "MICROSECONDS", "most processor time in a period"},                                   \
            {"cpu-shares", 'c', CLI_TEXT, &(f)->options.cpu_shares, "NUMBER", "weight, 1024"},     \
            {"cpuset-cpus", 0, CLI_TEXT, &(f)->options.cpuset_cpus, "LIST", "processors: 0-2,7"},  \
            {"cpuset-mems", 0, CLI_TEXT, &(f)->options.cpuset_mems, "LIST", "memory nodes"},       \
        {                                                                                          \
            NULL, 0, CLI_BOOL, NULL, NULL, NULL                                                    \
        }                                                                                          \
    }

/* Puts the lists into the options. */
void cli_step_flags_finish(struct cli_step_flags *flags);
void cli_step_flags_release(struct cli_step_flags *flags);

#endif
