#include "http/url.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>

static void url_cleanup(CURLU **url)
{
    curl_url_cleanup(*url);
}

static void part_cleanup(char **part)
{
    curl_free(*part);
}
#define AUTO_URL  OCIB_AUTO(url_cleanup)
#define AUTO_PART OCIB_AUTO(part_cleanup)

/* NULL if it is no absolute http or https URL. */
static CURLU *parse(const char *text)
{
    AUTO_URL CURLU *url = curl_url();
    AUTO_PART char *scheme = NULL;
    AUTO_PART char *host = NULL;
    if (!url || curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) || host[0] == '\0' ||
        (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)) {
        return NULL;
    }
    return ocib_steal(&url);
}

/* The part as our own string, NULL if there is none. */
static char *get(CURLU *url, CURLUPart which, unsigned flags)
{
    AUTO_PART char *part = NULL;
    return url && !curl_url_get(url, which, &part, flags) ? ocib_strdup(part) : NULL;
}

static void drop(CURLU *url, CURLUPart which)
{
    /* Clearing a part can't fail. */
    (void)curl_url_set(url, which, NULL, 0);
}

static char *whole(CURLU *url)
{
    drop(url, CURLUPART_USER);
    drop(url, CURLUPART_PASSWORD);
    drop(url, CURLUPART_FRAGMENT);
    return get(url, CURLUPART_URL, 0);
}

char *ocib_url_resolve(const char *base, const char *reference, struct ocib_error **err)
{
    AUTO_URL CURLU *url = parse(base);
    if (url && !curl_url_set(url, CURLUPART_URL, reference, CURLU_NON_SUPPORT_SCHEME)) {
        OCIB_AUTO_FREE char *joined = whole(url);
        AUTO_URL CURLU *checked = joined ? parse(joined) : NULL;
        if (checked) {
            return ocib_steal(&joined);
        }
    }
    OCIB_AUTO_FREE char *host = ocib_url_host(base);
    ocib_error_set(err, OCIB_EREGISTRY, "%s gave an address that is no http or https URL", host);
    return NULL;
}

bool ocib_url_same_origin(const char *a, const char *b)
{
    static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
    AUTO_URL CURLU *left = parse(a);
    AUTO_URL CURLU *right = parse(b);
    for (size_t i = 0; i < OCIB_COUNT(parts); i++) {
        OCIB_AUTO_FREE char *x = get(left, parts[i], CURLU_DEFAULT_PORT);
        OCIB_AUTO_FREE char *y = get(right, parts[i], CURLU_DEFAULT_PORT);
        if (!x || !y || strcasecmp(x, y) != 0) {
            return false;
        }
    }
    return true;
}

char *ocib_url_host(const char *text)
{
    AUTO_URL CURLU *url = parse(text);
    OCIB_AUTO_FREE char *host = get(url, CURLUPART_HOST, 0);
    OCIB_AUTO_FREE char *port = get(url, CURLUPART_PORT, 0);
    if (!host) {
        return ocib_strdup("");
    }
    return port ? ocib_format("%s:%s", host, port) : ocib_steal(&host);
}

bool ocib_url_is_https(const char *url)
{
    return ocib_str_is_nocase(ocib_str_sub(ocib_str(url), 0, 8), "https://");
}

char *ocib_url_public(const char *text)
{
    AUTO_URL CURLU *url = parse(text);
    if (!url) {
        return ocib_strdup("");
    }
    drop(url, CURLUPART_QUERY);
    return whole(url);
}

void ocib_url_encode(struct ocib_buf *out, struct ocib_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.s[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("-._~", c) != NULL;
        if (plain && c) {
            ocib_buf_putc(out, (char)c);
        } else {
            ocib_buf_printf(out, "%%%02X", c);
        }
    }
}

char *ocib_url_add_query(const char *url, const char *name, const char *value)
{
    OCIB_AUTO_BUF struct ocib_buf out;
    ocib_buf_init(&out);
    ocib_buf_puts(&out, url);
    ocib_buf_putc(&out, strchr(url, '?') ? '&' : '?');
    ocib_buf_puts(&out, name);
    ocib_buf_putc(&out, '=');
    ocib_url_encode(&out, ocib_str(value));
    return ocib_buf_take(&out);
}

/* The host without port and without the brackets of IPv6. */
static struct ocib_str bare_host(struct ocib_str host)
{
    if (ocib_str_starts(host, "[")) {
        ptrdiff_t end = ocib_str_find(host, ']');
        return end < 0 ? host : ocib_str_sub(host, 1, (size_t)end);
    }
    ptrdiff_t colon = ocib_str_find(host, ':');
    bool is_ipv6 = colon >= 0 && ocib_str_rfind(host, ':') != colon;
    return colon >= 0 && !is_ipv6 ? ocib_str_sub(host, 0, (size_t)colon) : host;
}

bool ocib_host_is_loopback(const char *host)
{
    OCIB_AUTO_FREE char *bare = ocib_str_dup(bare_host(ocib_str(host)));
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, bare, &v4) == 1) {
        return (ntohl(v4.s_addr) >> 24) == 127;
    }
    if (inet_pton(AF_INET6, bare, &v6) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&v6);
    }
    return strcasecmp(bare, "localhost") == 0;
}
