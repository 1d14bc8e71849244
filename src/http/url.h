/*
 * URLs as far as a registry client needs them (RFC 3986, by libcurl's parser). Only http and https
 * are accepted. Returned strings are freed with free().
 */
#ifndef OCIB_HTTP_URL_H
#define OCIB_HTTP_URL_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>

/* A reference resolved against an absolute URL: "/v2/x?y", "../x", or an absolute one. User names,
 * passwords and fragments are dropped. NULL with OCIB_EREGISTRY if it is no http or https URL. */
char *ocib_url_resolve(const char *base, const char *reference, struct ocib_error **err) OCIB_MUST;

/* Scheme, host and port are the same, a missing port being the scheme's own. */
bool ocib_url_same_origin(const char *a, const char *b);

/* "host" or "host:port", as written; "" if the URL has none. */
char *ocib_url_host(const char *url);
bool ocib_url_is_https(const char *url);

/* Without query, user and password: what may be shown. */
char *ocib_url_public(const char *url);

/* Adds "name=value" to the query, the value encoded. */
char *ocib_url_add_query(const char *url, const char *name, const char *value);

/* Appends a value of a query or form, percent-encoded. */
void ocib_url_encode(struct ocib_buf *out, struct ocib_str value);

/* Whether "host" or "host:port" is this machine: localhost, 127.0.0.0/8, ::1. */
bool ocib_host_is_loopback(const char *host);

#endif
