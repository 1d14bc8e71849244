#include "build/settings.h"

#include "base/mem.h"
#include "io/digest.h"
#include "sandbox/caps.h"

#include <arpa/inet.h>

void ocib_step_settings_init(struct ocib_step_settings *settings)
{
    *settings = (struct ocib_step_settings){0};
    ocib_policy_init(&settings->policy);
}

void ocib_step_settings_release(struct ocib_step_settings *settings)
{
    ocib_policy_release(&settings->policy);
    ocib_strings_release(&settings->hosts);
    ocib_strings_release(&settings->dns);
    ocib_strings_release(&settings->dns_search);
    ocib_strings_release(&settings->dns_options);
}

static bool is_address(const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* A name goes into a line of /etc/hosts as it is. */
static bool is_host_name(const char *name)
{
    return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789.-_")];
}

int ocib_step_settings_host(struct ocib_step_settings *settings, const char *text,
                            struct ocib_error **err)
{
    struct ocib_str address = ocib_str(text);
    struct ocib_str word;
    char separator = strchr(text, '=') ? '=' : ':';
    if (!ocib_str_cut(&address, separator, &word)) {
        word = (struct ocib_str){"", 0};
    }
    if (address.len > 2 && address.s[0] == '[' && ocib_str_ends(address, "]")) {
        address = ocib_str_sub(address, 1, address.len - 1);
    }
    OCIB_AUTO_FREE char *name = ocib_str_dup(word);
    OCIB_AUTO_FREE char *where =
        ocib_str_is(address, "host-gateway") ? ocib_strdup("127.0.0.1") : ocib_str_dup(address);
    if (!is_host_name(name) || !is_address(where)) {
        ocib_error_set(err, OCIB_EUSAGE, "--add-host '%s' is no name with an address", text);
        return ocib_error_hint_set(err, "use NAME:ADDRESS, NAME=ADDRESS, or NAME:host-gateway");
    }
    ocib_strings_take(&settings->hosts, ocib_format("%s=%s", name, where));
    return 0;
}

int ocib_step_settings_dns(struct ocib_step_settings *settings, const char *text,
                           struct ocib_error **err)
{
    if (strcmp(text, "none") == 0) {
        settings->keep_resolv_conf = true;
        return 0;
    }
    if (!is_address(text)) {
        return ocib_error_set(err, OCIB_EUSAGE, "--dns '%s' is no address", text);
    }
    ocib_strings_push(&settings->dns, text);
    return 0;
}

void ocib_step_hosts_file(const struct ocib_step_settings *settings, struct ocib_buf *out)
{
    ocib_buf_printf(out, "127.0.0.1\tlocalhost %s\n",
                    settings->hostname ? settings->hostname : "ocib");
    ocib_buf_puts(out, "::1\tlocalhost ip6-localhost ip6-loopback\n");
    for (size_t i = 0; i < settings->hosts.len; i++) {
        struct ocib_str address = ocib_str(settings->hosts.items[i]);
        struct ocib_str name;
        if (ocib_str_cut(&address, '=', &name)) {
            ocib_buf_printf(out, "%s\t%.*s\n", address.s, OCIB_STR_ARG(name));
        }
    }
}

static bool has_keyword(struct ocib_str line, const char *keyword)
{
    size_t len = strlen(keyword);
    return ocib_str_starts(line, keyword) && line.len > len && strchr(" \t", line.s[len]);
}

static void put_line(struct ocib_buf *out, const char *keyword, const struct ocib_strings *words)
{
    bool none = words->len == 1 && strcmp(words->items[0], ".") == 0;
    if (!words->len || none) {
        return;
    }
    ocib_buf_puts(out, keyword);
    for (size_t i = 0; i < words->len; i++) {
        ocib_buf_printf(out, " %s", words->items[i]);
    }
    ocib_buf_putc(out, '\n');
}

/* Lines of this machine's file go where a flag says otherwise. */
static bool is_replaced(const struct ocib_step_settings *settings, struct ocib_str line)
{
    return (settings->dns.len && has_keyword(line, "nameserver")) ||
           (settings->dns_search.len &&
            (has_keyword(line, "search") || has_keyword(line, "domain"))) ||
           (settings->dns_options.len && has_keyword(line, "options"));
}

void ocib_step_resolv_file(const struct ocib_step_settings *settings, struct ocib_str own,
                           struct ocib_buf *out)
{
    if (!settings->dns.len && !settings->dns_search.len && !settings->dns_options.len) {
        ocib_buf_add_str(out, own);
        return;
    }
    struct ocib_str line;
    while (ocib_str_cut(&own, '\n', &line)) {
        if (!is_replaced(settings, line)) {
            ocib_buf_add_str(out, line);
            ocib_buf_putc(out, '\n');
        }
    }
    put_line(out, "search", &settings->dns_search);
    for (size_t i = 0; i < settings->dns.len; i++) {
        ocib_buf_printf(out, "nameserver %s\n", settings->dns.items[i]);
    }
    put_line(out, "options", &settings->dns_options);
}

static void put_filter(const struct ocib_policy *policy, struct ocib_strings *out)
{
    struct ocib_digest digest;
    if (policy->unfiltered) {
        ocib_strings_push(out, "seccomp=unconfined");
    } else if (policy->filter.len) {
        ocib_digest_of(policy->filter.data, policy->filter.len, &digest);
        ocib_strings_take(out, ocib_format("seccomp=%s", digest.text));
    }
}

void ocib_step_settings_key(const struct ocib_step_settings *settings, struct ocib_strings *out)
{
    const struct ocib_policy *policy = &settings->policy;
    if (policy->caps != ocib_caps_default()) {
        ocib_strings_take(out, ocib_format("caps=%llx", (unsigned long long)policy->caps));
    }
    if (policy->no_new_privileges) {
        ocib_strings_push(out, "no-new-privileges");
    }
    if (policy->unmasked) {
        ocib_strings_push(out, "unmasked");
    }
    put_filter(policy, out);
    for (size_t i = 0; i < policy->limits.len; i++) {
        const struct ocib_limit *limit = &policy->limits.items[i];
        ocib_strings_take(out, ocib_format("ulimit=%d:%llu:%llu", limit->resource,
                                           (unsigned long long)limit->soft,
                                           (unsigned long long)limit->hard));
    }
    if (policy->shm_size) {
        ocib_strings_take(out, ocib_format("shm=%llu", (unsigned long long)policy->shm_size));
    }
    for (size_t i = 0; i < settings->hosts.len; i++) {
        const char *host = settings->hosts.items[i];
        ocib_strings_take(out, ocib_format("host=%.*s", (int)strcspn(host, "="), host));
    }
    if (settings->hostname) {
        ocib_strings_take(out, ocib_format("hostname=%s", settings->hostname));
    }
}
