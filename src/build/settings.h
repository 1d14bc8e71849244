/*
 * What holds for all steps of a build, or for a run of an image: what they may do, and what their
 * network's files say. (docker build --add-host, --ulimit, --security-opt and the like.)
 */
#ifndef OCIB_BUILD_SETTINGS_H
#define OCIB_BUILD_SETTINGS_H

#include "base/buf.h"
#include "base/error.h"
#include "base/vec.h"
#include "plan/plan.h"
#include "sandbox/policy.h"

struct ocib_step_settings {
    struct ocib_policy policy;
    struct ocib_entitlements granted;
    struct ocib_strings
        hosts;               /* "NAME=ADDRESS", in the order of the flags; a name may come again */
    struct ocib_strings dns; /* addresses; empty: the host's */
    struct ocib_strings dns_search; /* "." alone: none */
    struct ocib_strings dns_options;
    bool keep_resolv_conf; /* the image's own is left as it is */
    const char *hostname;  /* borrowed; NULL: "ocib" */
};

/* Docker's defaults, nothing granted. */
void ocib_step_settings_init(struct ocib_step_settings *settings);
void ocib_step_settings_release(struct ocib_step_settings *settings);

/* "NAME:ADDRESS", "NAME=ADDRESS", the address perhaps in brackets, or "host-gateway": this machine,
 * which is 127.0.0.1 since steps have its network. */
int ocib_step_settings_host(struct ocib_step_settings *settings, const char *text,
                            struct ocib_error **err) OCIB_MUST;
/* An address, or "none". */
int ocib_step_settings_dns(struct ocib_step_settings *settings, const char *text,
                           struct ocib_error **err) OCIB_MUST;

/* /etc/hosts and /etc/resolv.conf of a step; `own`: this machine's resolv.conf. */
void ocib_step_hosts_file(const struct ocib_step_settings *settings, struct ocib_buf *out);
void ocib_step_resolv_file(const struct ocib_step_settings *settings, struct ocib_str own,
                           struct ocib_buf *out);

/*
 * What of it decides a step's result, as a list of texts for its cache key; empty for the defaults.
 * Addresses of hosts, name servers, and limits of a cgroup are no part of it, as in BuildKit.
 */
void ocib_step_settings_key(const struct ocib_step_settings *settings, struct ocib_strings *out);

#endif
