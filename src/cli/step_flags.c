#include "cli/step_flags.h"

void cli_step_flags_finish(struct cli_step_flags *flags)
{
    struct ocib_step_options *options = &flags->options;
    options->allow = flags->allow.items;
    options->security_opts = flags->security.items;
    options->caps_add = flags->caps_add.items;
    options->caps_drop = flags->caps_drop.items;
    options->hosts = flags->hosts.items;
    options->dns = flags->dns.items;
    options->dns_search = flags->dns_search.items;
    options->dns_options = flags->dns_options.items;
    options->ulimits = flags->ulimits.items;
}

void cli_step_flags_release(struct cli_step_flags *flags)
{
    struct cli_list *lists[] = {&flags->allow,      &flags->security,    &flags->caps_add,
                                &flags->caps_drop,  &flags->hosts,       &flags->dns,
                                &flags->dns_search, &flags->dns_options, &flags->ulimits};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        cli_list_release(lists[i]);
    }
}
