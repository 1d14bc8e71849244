/* Clients and requests for the tests of this part: quick to give up, and never waiting for long. */
#ifndef OCIB_TESTS_HTTP_CLIENT_H
#define OCIB_TESTS_HTTP_CLIENT_H

#include "http/http.h"
#include "http/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static inline struct ocib_http *client_new(void)
{
    return ocib_http_new(&(struct ocib_http_options){.backoff_ms = 1, .stall_ms = 30000});
}

SERVER_HELPER int client_get(struct ocib_http *http, const struct server *server, const char *path,
                             struct ocib_http_response *response, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *url = ocib_format("%s%s", server->url, path);
    struct ocib_http_request request = {.method = "GET", .url = url};
    return ocib_http_exchange(http, &request, response, err);
}

#endif
