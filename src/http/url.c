#include "http/url.h"

#include "base/mem.h"
#include "http/library.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* A parsed URL, with the functions that read it; `handle` NULL: none. */
struct url {
    struct ocib_curl_text curl;
    CURLU *handle;
};

static void url_cleanup(struct url *url)
{
    if (url->handle) {
        url->curl.url_cleanup(url->handle);
    }
}
#define AUTO_URL OCIB_AUTO(url_cleanup)

/* The part as our own string, NULL if there is none. */
static char *get(const struct url *url, CURLUPart which, unsigned flags)
{
    char *part = NULL;
    if (!url->handle || url->curl.url_get(url->handle, which, &part, flags)) {
        return NULL;
    }
    char *copy = ocib_strdup(part);
    url->curl.free(part);
    return copy;
}

static bool is_web(const struct url *url)
{
    OCIB_AUTO_FREE char *scheme = get(url, CURLUPART_SCHEME, 0);
    OCIB_AUTO_FREE char *host = get(url, CURLUPART_HOST, 0);
    return scheme && host && host[0] != '\0' &&
           (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
}

/* False if it is no absolute http or https URL. */
static bool parse(struct url *url, const char *text)
{
    url->handle = ocib_curl_text_load(&url->curl, NULL) ? NULL : url->curl.url();
    if (url->handle &&
        (url->curl.url_set(url->handle, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) ||
         !is_web(url))) {
        url_cleanup(url);
        url->handle = NULL;
    }
    return url->handle != NULL;
}

static void drop(const struct url *url, CURLUPart which)
{
    /* Clearing a part can't fail. */
    (void)url->curl.url_set(url->handle, which, NULL, 0);
}

static char *whole(const struct url *url)
{
    drop(url, CURLUPART_USER);
    drop(url, CURLUPART_PASSWORD);
    drop(url, CURLUPART_FRAGMENT);
    return get(url, CURLUPART_URL, 0);
}

char *ocib_url_resolve(const char *base, const char *reference, struct ocib_error **err)
{
    AUTO_URL struct url url = {0};
    if (parse(&url, base) &&
        !url.curl.url_set(url.handle, CURLUPART_URL, reference, CURLU_NON_SUPPORT_SCHEME)) {
        OCIB_AUTO_FREE char *joined = whole(&url);
        AUTO_URL struct url checked = {0};
        if (joined && parse(&checked, joined)) {
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
    AUTO_URL struct url left = {0};
    AUTO_URL struct url right = {0};
    if (!parse(&left, a) || !parse(&right, b)) {
        return false;
    }
    for (size_t i = 0; i < OCIB_COUNT(parts); i++) {
        OCIB_AUTO_FREE char *x = get(&left, parts[i], CURLU_DEFAULT_PORT);
        OCIB_AUTO_FREE char *y = get(&right, parts[i], CURLU_DEFAULT_PORT);
        if (!x || !y || strcasecmp(x, y) != 0) {
            return false;
        }
    }
    return true;
}

char *ocib_url_host(const char *text)
{
    AUTO_URL struct url url = {0};
    if (!parse(&url, text)) {
        return ocib_strdup("");
    }
    OCIB_AUTO_FREE char *host = get(&url, CURLUPART_HOST, 0);
    OCIB_AUTO_FREE char *port = get(&url, CURLUPART_PORT, 0);
    return port ? ocib_format("%s:%s", host, port) : ocib_steal(&host);
}

bool ocib_url_is_https(const char *url)
{
    return ocib_str_is_nocase(ocib_str_sub(ocib_str(url), 0, 8), "https://");
}

char *ocib_url_public(const char *text)
{
    AUTO_URL struct url url = {0};
    if (!parse(&url, text)) {
        return ocib_strdup("");
    }
    drop(&url, CURLUPART_QUERY);
    return whole(&url);
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
