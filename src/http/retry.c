#include "http/retry.h"

#include "base/mem.h"
#include "http/internal.h"
#include "http/url.h"

#include <sys/random.h>
#include <time.h>

/* Names that don't resolve and refused connections are mostly mistakes: not worth long waits. */
enum { UNREACHABLE_TRIES = 3, WAIT_MOST_MS = 30 * 1000, SLICE_MS = 100 };

void ocib_retry_init(struct ocib_retry *retry, struct ocib_http *http, unsigned most)
{
    *retry = (struct ocib_retry){http, 0, most ? most : http->options.tries};
}

void ocib_retry_progress(struct ocib_retry *retry)
{
    retry->tried = 0;
}

bool ocib_retry_status(int status)
{
    return status == 408 || status == 425 || status == 429 ||
           (status >= 500 && status != 501 && status != 505);
}

/* Half to one and a half of the doubled base, so that many clients don't come back together. */
static int64_t backoff(const struct ocib_retry *retry)
{
    unsigned doubled = retry->tried < 16 ? retry->tried - 1 : 15;
    int64_t wait = (int64_t)retry->http->options.backoff_ms << doubled;
    uint16_t random = 0x8000;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0) {
        random = 0x8000;
    }
    wait = wait / 2 + wait * random / 0x10000;
    return wait < WAIT_MOST_MS ? wait : WAIT_MOST_MS;
}

static int wait_for(const struct ocib_http *http, int64_t ms, struct ocib_error **err)
{
    int64_t end = ocib_http_now() + ms;
    for (;;) {
        if (ocib_http_interrupted(http)) {
            ocib_error_clear(err);
            return ocib_error_set(err, OCIB_EINTERRUPTED, "interrupted");
        }
        int64_t left = end - ocib_http_now();
        if (left <= 0) {
            return 0;
        }
        int64_t slice = left < SLICE_MS ? left : SLICE_MS;
        nanosleep(&(struct timespec){0, slice * 1000000}, NULL);
    }
}

static bool may_pass(const struct ocib_retry *retry, const struct ocib_http_response *response)
{
    if (response->fault == OCIB_HTTP_UNREACHABLE) {
        return retry->tried < UNREACHABLE_TRIES;
    }
    return response->fault == OCIB_HTTP_BROKEN ||
           (response->fault == OCIB_HTTP_NO_FAULT && ocib_retry_status(response->status));
}

static bool refuse_wait(const struct ocib_http_response *response, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *host = ocib_url_host(response->url ? response->url : "");
    ocib_error_clear(err);
    ocib_error_set(err, OCIB_ENETWORK, "%s answered %d and wants no request for %lld s", host,
                   response->status, (long long)response->retry_after);
    ocib_error_hint_set(err, "too many requests: try again later, or use a mirror or other "
                             "credentials");
    return false;
}

bool ocib_retry_again(struct ocib_retry *retry, const struct ocib_http_response *response,
                      struct ocib_error **err)
{
    const struct ocib_http_options *options = &retry->http->options;
    retry->tried++;
    if (!may_pass(retry, response) || retry->tried >= retry->most) {
        return false;
    }
    int64_t wait = backoff(retry);
    if (response->fault == OCIB_HTTP_NO_FAULT && response->retry_after >= 0) {
        if (response->retry_after > options->wait_most_ms / 1000) {
            return refuse_wait(response, err);
        }
        wait = response->retry_after > 0 ? response->retry_after * 1000 : options->backoff_ms;
    }
    if (err && *err) {
        ocib_log(options->log, OCIB_LOG_INFO, "%s; trying again in %.1f s",
                 ocib_error_message(*err), (double)wait / 1000);
    } else {
        OCIB_AUTO_FREE char *host = ocib_url_host(response->url ? response->url : "");
        ocib_log(options->log, OCIB_LOG_INFO, "%s answered %d; trying again in %.1f s", host,
                 response->status, (double)wait / 1000);
    }
    if (wait_for(retry->http, wait, err)) {
        return false;
    }
    ocib_error_clear(err);
    return true;
}

int ocib_http_request(struct ocib_http *http, const struct ocib_http_request *request,
                      struct ocib_http_response *response, struct ocib_error **err)
{
    OCIB_AUTO_ERROR struct ocib_error *failure = NULL;
    struct ocib_retry retry;
    ocib_retry_init(&retry, http, 0);
    do {
        if (!ocib_http_exchange(http, request, response, &failure) &&
            !ocib_retry_status(response->status)) {
            return 0;
        }
    } while (ocib_retry_again(&retry, response, &failure));
    if (!failure) {
        return 0;
    }
    return ocib_error_move(err, ocib_steal(&failure));
}
