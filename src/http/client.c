#include "base/mem.h"
#include "http/internal.h"

#include <time.h>

static void share_lock(CURL *easy, curl_lock_data data, curl_lock_access access, void *user)
{
    struct ocib_http *http = user;
    pthread_mutex_lock(&http->share_locks[data]);
}

static void share_unlock(CURL *easy, curl_lock_data data, void *user)
{
    struct ocib_http *http = user;
    pthread_mutex_unlock(&http->share_locks[data]);
}

static void fill_defaults(struct ocib_http_options *options)
{
    options->connect_ms = options->connect_ms ? options->connect_ms : 30 * 1000;
    options->stall_ms = options->stall_ms ? options->stall_ms : 60 * 1000;
    options->tries = options->tries ? options->tries : 6;
    options->backoff_ms = options->backoff_ms ? options->backoff_ms : 500;
    options->wait_most_ms = options->wait_most_ms ? options->wait_most_ms : 120 * 1000;
}

struct ocib_http *ocib_http_new(const struct ocib_http_options *options)
{
    struct ocib_http *http = ocib_new(struct ocib_http);
    http->options = *options;
    fill_defaults(&http->options);
    pthread_mutex_init(&http->lock, NULL);
    for (size_t i = 0; i < OCIB_COUNT(http->share_locks); i++) {
        pthread_mutex_init(&http->share_locks[i], NULL);
    }
    return http;
}

/* Loads libcurl, once. With the lock held. */
static int make_ready(struct ocib_http *http, struct ocib_error **err)
{
    const struct ocib_curl *curl = &http->curl;
    if (http->ready) {
        return 0;
    }
    if (ocib_curl_load(&http->curl, err)) {
        return -1;
    }
    curl->global_init(CURL_GLOBAL_DEFAULT);
    http->share = curl->share_init();
    if (http->share) {
        curl->share_setopt(http->share, CURLSHOPT_LOCKFUNC, share_lock);
        curl->share_setopt(http->share, CURLSHOPT_UNLOCKFUNC, share_unlock);
        curl->share_setopt(http->share, CURLSHOPT_USERDATA, http);
        curl->share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
        curl->share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    }
    http->ready = true;
    return 0;
}

static void slot_free(const struct ocib_http *http, struct slot *slot)
{
    http->curl.easy_cleanup(slot->easy);
    http->curl.multi_cleanup(slot->multi);
    free(slot);
}

void ocib_http_free(struct ocib_http *http)
{
    if (!http) {
        return;
    }
    while (http->idle) {
        struct slot *slot = http->idle;
        http->idle = slot->next;
        slot_free(http, slot);
    }
    if (http->ready) {
        http->curl.share_cleanup(http->share);
        http->curl.global_cleanup();
    }
    for (size_t i = 0; i < OCIB_COUNT(http->share_locks); i++) {
        pthread_mutex_destroy(&http->share_locks[i]);
    }
    pthread_mutex_destroy(&http->lock);
    free(http);
}

static struct slot *slot_new(struct ocib_http *http, struct ocib_error **err)
{
    struct slot *slot = ocib_new(struct slot);
    slot->easy = http->curl.easy_init();
    slot->multi = http->curl.multi_init();
    if (!slot->easy || !slot->multi) {
        slot_free(http, slot);
        ocib_error_set(err, OCIB_EINTERNAL, "libcurl gave no handle");
        return NULL;
    }
    return slot;
}

struct slot *ocib_http_slot_take(struct ocib_http *http, struct ocib_error **err)
{
    pthread_mutex_lock(&http->lock);
    struct slot *slot = http->idle;
    if (slot) {
        http->idle = slot->next;
    }
    int ready = make_ready(http, err);
    pthread_mutex_unlock(&http->lock);
    if (slot || ready) {
        return slot;
    }
    return slot_new(http, err);
}

void ocib_http_slot_give(struct ocib_http *http, struct slot *slot)
{
    /* Forgets headers and bodies, keeps the connections. */
    http->curl.easy_reset(slot->easy);
    pthread_mutex_lock(&http->lock);
    slot->next = http->idle;
    http->idle = slot;
    pthread_mutex_unlock(&http->lock);
}

bool ocib_http_interrupted(const struct ocib_http *http)
{
    return http->options.interrupted && *http->options.interrupted;
}

int64_t ocib_http_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t ocib_http_date(const char *text)
{
    struct ocib_curl_text curl;
    return ocib_curl_text_load(&curl, NULL) ? -1 : (int64_t)curl.getdate(text, NULL);
}
