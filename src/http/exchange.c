#include "base/mem.h"
#include "http/internal.h"
#include "http/url.h"

#include <signal.h>
#include <string.h>
#include <time.h>

enum {
    MOST_REDIRECTS = 10,
    MOST_HEADER_BYTES = 256 * 1024,
    MOST_ERROR_BODY = 64 * 1024,
    DEFAULT_LIMIT = 1024 * 1024,
    POLL_MS = 100,      /* how soon an interrupt is seen */
    ANSWER_PATIENCE = 5 /* stall times that a server may take over a body sent whole */
};

void ocib_http_response_release(struct ocib_http_response *response)
{
    ocib_strings_release(&response->headers);
    ocib_buf_release(&response->body);
    free(response->url);
    *response = (struct ocib_http_response){.retry_after = -1};
}

const char *ocib_http_header(const struct ocib_http_response *response, const char *name,
                             unsigned n)
{
    for (size_t i = 0; i < response->headers.len; i++) {
        const char *line = response->headers.items[i];
        const char *colon = strchr(line, ':');
        struct ocib_str found = {line, (size_t)(colon - line)};
        if (ocib_str_is_nocase(found, name) && n-- == 0) {
            return colon + 2;
        }
    }
    return NULL;
}

/* --- what libcurl calls --- */

static bool succeeded(const struct transfer *t)
{
    return t->response->status >= 200 && t->response->status < 300;
}

/* A status line begins the headers anew: those before were of "100 Continue". */
static void begin_answer(struct transfer *t, struct ocib_str line)
{
    uint64_t status = 0;
    ptrdiff_t blank = ocib_str_find(line, ' ');
    struct ocib_str number = ocib_str_sub(line, (size_t)blank + 1, (size_t)blank + 4);
    ocib_strings_clear(&t->response->headers);
    ocib_buf_clear(&t->response->body);
    t->response->status = blank > 0 && ocib_str_uint(number, 999, &status) ? (int)status : 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    struct ocib_str line = ocib_str_trim((struct ocib_str){bytes, size * count});
    t->header_bytes += size * count;
    if (t->header_bytes > MOST_HEADER_BYTES) {
        OCIB_AUTO_FREE char *host = ocib_url_host(t->url);
        ocib_error_set(&t->error, OCIB_EREGISTRY, "%s sent more than %d bytes of headers", host,
                       MOST_HEADER_BYTES);
        return 0;
    }
    ptrdiff_t colon = ocib_str_find(line, ':');
    if (ocib_str_starts(line, "HTTP/")) {
        begin_answer(t, line);
    } else if (colon > 0) {
        struct ocib_str name = ocib_str_trim(ocib_str_sub(line, 0, (size_t)colon));
        struct ocib_str value = ocib_str_trim(ocib_str_sub(line, (size_t)colon + 1, line.len));
        ocib_strings_take(&t->response->headers,
                          ocib_format("%.*s: %.*s", OCIB_STR_ARG(name), OCIB_STR_ARG(value)));
    }
    return size * count;
}

static bool keep_in_memory(struct transfer *t, const char *bytes, size_t len)
{
    size_t limit = t->request->limit ? t->request->limit : DEFAULT_LIMIT;
    struct ocib_buf *body = &t->response->body;
    if (!succeeded(t)) {
        size_t room = body->len < MOST_ERROR_BODY ? MOST_ERROR_BODY - body->len : 0;
        ocib_buf_add(body, bytes, len < room ? len : room);
        return true;
    }
    if (len > limit - body->len) {
        OCIB_AUTO_FREE char *host = ocib_url_host(t->url);
        ocib_error_set(&t->error, OCIB_EREGISTRY, "%s sent more than the %zu bytes allowed here",
                       host, limit);
        return false;
    }
    ocib_buf_add(body, bytes, len);
    return true;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    size_t len = size * count;
    if (t->request->out && succeeded(t)) {
        return ocib_writer_write(t->request->out, bytes, len, &t->error) ? 0 : len;
    }
    return keep_in_memory(t, bytes, len) ? len : 0;
}

static int open_body(struct transfer *t)
{
    const struct ocib_http_body *body = &t->request->body;
    ocib_reader_free(t->in);
    t->sent = 0;
    t->in = body->open ? body->open(body->data, &t->error) : ocib_reader_of_str(body->bytes);
    return t->in ? 0 : -1;
}

static int64_t body_size(const struct transfer *t)
{
    const struct ocib_http_body *body = &t->request->body;
    return body->open ? body->size : (int64_t)body->bytes.len;
}

static size_t on_send(char *bytes, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    int64_t left = body_size(t) - t->sent;
    size_t want = size * count < (uint64_t)left ? size * count : (size_t)left;
    if (want == 0) {
        return 0;
    }
    ssize_t got = ocib_reader_read(t->in, bytes, want, &t->error);
    if (got == 0) {
        ocib_error_set(&t->error, OCIB_ECORRUPT, "what is to be sent ended %lld bytes early",
                       (long long)left);
    }
    if (got <= 0) {
        return CURL_READFUNC_ABORT;
    }
    t->sent += got;
    return (size_t)got;
}

/* libcurl starts over when a kept connection turns out to be dead. */
static int on_rewind(void *user, curl_off_t offset, int origin)
{
    struct transfer *t = user;
    if (offset != 0 || origin != SEEK_SET) {
        return CURL_SEEKFUNC_CANTSEEK;
    }
    return open_body(t) ? CURL_SEEKFUNC_FAIL : CURL_SEEKFUNC_OK;
}

/* --- setting up --- */

static void add_header(struct transfer *t, const char *line)
{
    struct curl_slist *longer = t->http->curl.slist_append(t->headers, line);
    t->headers = longer ? longer : t->headers;
}

static void set_headers(struct transfer *t)
{
    const struct ocib_http_request *request = t->request;
    for (size_t i = 0; request->headers && i < request->headers->len; i++) {
        add_header(t, request->headers->items[i]);
    }
    if (t->with_authorization && request->authorization) {
        OCIB_AUTO_FREE char *line = ocib_format("Authorization: %s", request->authorization);
        add_header(t, line);
        explicit_bzero(line, strlen(line));
    }
    t->http->curl.easy_setopt(t->slot->easy, CURLOPT_HTTPHEADER, t->headers);
}

/* libcurl leaves HTTP_PROXY out, since in a CGI program a client could set it. */
static const char *proxy_for(const char *url, const char *host)
{
    if (ocib_host_is_loopback(host)) {
        return "";
    }
    if (ocib_url_is_https(url) || getenv("http_proxy") || getenv("REQUEST_METHOD")) {
        return NULL;
    }
    return getenv("HTTP_PROXY");
}

static void set_trust(struct transfer *t)
{
    const struct ocib_curl *curl = &t->http->curl;
    static const struct ocib_http_tls standard = {.verify = true};
    const struct ocib_http_tls *tls = t->request->tls ? t->request->tls : &standard;
    CURL *easy = t->slot->easy;
    curl->easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls->verify ? 1L : 0L);
    curl->easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls->verify ? 2L : 0L);
    curl->easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* As OpenSSL's own programs read them. */
    if (getenv("SSL_CERT_FILE")) {
        curl->easy_setopt(easy, CURLOPT_CAINFO, getenv("SSL_CERT_FILE"));
    }
    if (getenv("SSL_CERT_DIR")) {
        curl->easy_setopt(easy, CURLOPT_CAPATH, getenv("SSL_CERT_DIR"));
    }
    if (tls->ca_pem.len > 0) {
        struct curl_blob blob = {.data = (void *)(uintptr_t)tls->ca_pem.s,
                                 .len = tls->ca_pem.len,
                                 .flags = CURL_BLOB_COPY};
        curl->easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    }
    /* Those that belong to a host go to no other one. */
    if (tls->client_cert && t->with_authorization) {
        curl->easy_setopt(easy, CURLOPT_SSLCERT, tls->client_cert);
        curl->easy_setopt(easy, CURLOPT_SSLKEY, tls->client_key);
    }
}

static int set_method(struct transfer *t)
{
    const struct ocib_curl *curl = &t->http->curl;
    CURL *easy = t->slot->easy;
    bool sends = strcmp(t->method, "POST") == 0 || strcmp(t->method, "PUT") == 0 ||
                 strcmp(t->method, "PATCH") == 0;
    if (strcmp(t->method, "HEAD") == 0) {
        curl->easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (sends && t->with_body) {
        curl->easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, t->method);
        curl->easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)body_size(t));
        return open_body(t);
    } else if (strcmp(t->method, "GET") != 0) {
        curl->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, t->method);
    }
    return 0;
}

static void set_callbacks(struct transfer *t)
{
    const struct ocib_curl *curl = &t->http->curl;
    CURL *easy = t->slot->easy;
    curl->easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl->easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl->easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl->easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
    curl->easy_setopt(easy, CURLOPT_READDATA, t);
    curl->easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_rewind);
    curl->easy_setopt(easy, CURLOPT_SEEKDATA, t);
    curl->easy_setopt(easy, CURLOPT_ERRORBUFFER, t->errors);
}

static int set_up(struct transfer *t)
{
    const struct ocib_curl *curl = &t->http->curl;
    CURL *easy = t->slot->easy;
    OCIB_AUTO_FREE char *host = ocib_url_host(t->url);
    curl->easy_setopt(easy, CURLOPT_URL, t->url);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#endif
    curl->easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl->easy_setopt(easy, CURLOPT_USERAGENT, "ocib/" OCIB_VERSION);
    curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl->easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)t->http->options.connect_ms);
    curl->easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
    curl->easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);
    curl->easy_setopt(easy, CURLOPT_SHARE, t->http->share);
    curl->easy_setopt(easy, CURLOPT_PROXY, proxy_for(t->url, host));
    set_callbacks(t);
    set_trust(t);
    set_headers(t);
    return set_method(t);
}

/* --- running --- */

/* Whether nothing has moved for too long. The time until the connection stands is libcurl's. */
static bool has_stalled(struct transfer *t)
{
    const struct ocib_curl *curl = &t->http->curl;
    curl_off_t ready = 0, up = 0, down = 0;
    curl->easy_getinfo(t->slot->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    curl->easy_getinfo(t->slot->easy, CURLINFO_SIZE_UPLOAD_T, &up);
    curl->easy_getinfo(t->slot->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
    int64_t moved = up + down + (int64_t)t->header_bytes + (ready > 0);
    int64_t now = ocib_http_now();
    if (moved != t->moved || ready == 0) {
        t->moved = moved;
        t->moved_at = now;
        return false;
    }
    bool sent_all = t->in && t->sent == body_size(t) && t->sent > 0;
    return now - t->moved_at >
           (int64_t)t->http->options.stall_ms * (sent_all ? ANSWER_PATIENCE : 1);
}

static CURLcode result_of(const struct ocib_curl *curl, CURLM *multi)
{
    int left;
    CURLMsg *message = curl->multi_info_read(multi, &left);
    return message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_RECV_ERROR;
}

static CURLcode drive(struct transfer *t)
{
    const struct ocib_curl *curl = &t->http->curl;
    CURLM *multi = t->slot->multi;
    for (;;) {
        int running = 0;
        if (curl->multi_perform(multi, &running)) {
            return CURLE_FAILED_INIT;
        }
        if (!running) {
            return result_of(curl, multi);
        }
        if (ocib_http_interrupted(t->http)) {
            ocib_error_set(&t->error, OCIB_EINTERRUPTED, "interrupted");
            return CURLE_ABORTED_BY_CALLBACK;
        }
        if (has_stalled(t)) {
            t->stalled = true;
            return CURLE_OPERATION_TIMEDOUT;
        }
        curl->multi_poll(multi, NULL, 0, POLL_MS, NULL);
    }
}

/* Writing to a lost connection must not end the process: SIGPIPE is blocked for this thread, and
 * one that came is taken away. */
static CURLcode drive_without_sigpipe(struct transfer *t)
{
    sigset_t pipe, before, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE);
    CURLcode code = drive(t);
    if (!was_pending) {
        sigtimedwait(&pipe, NULL, &(struct timespec){0, 0});
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

static void read_retry_after(struct transfer *t)
{
    curl_off_t seconds = 0;
    t->http->curl.easy_getinfo(t->slot->easy, CURLINFO_RETRY_AFTER, &seconds);
    t->response->retry_after = ocib_http_header(t->response, "Retry-After", 0) ? seconds : -1;
}

static int run(struct transfer *t, struct ocib_error **err)
{
    const struct ocib_curl *curl = &t->http->curl;
    CURLcode code = CURLE_READ_ERROR;
    t->moved_at = ocib_http_now();
    if (!set_up(t)) {
        curl->multi_add_handle(t->slot->multi, t->slot->easy);
        code = drive_without_sigpipe(t);
        read_retry_after(t);
        curl->multi_remove_handle(t->slot->multi, t->slot->easy);
    }
    /* A server that refuses a body early closes the connection: its answer counts. */
    bool refused = (code == CURLE_SEND_ERROR || code == CURLE_SEND_FAIL_REWIND) && !t->error &&
                   t->response->status >= 400;
    return code && !refused ? ocib_http_fail(t, code, err) : 0;
}

static int run_once(struct transfer *t, struct ocib_error **err)
{
    t->slot = ocib_http_slot_take(t->http, err);
    if (!t->slot) {
        return -1;
    }
    ocib_http_response_release(t->response);
    t->response->url = ocib_strdup(t->url);
    ocib_buf_init(&t->response->body);
    int result = run(t, err);
    OCIB_AUTO_FREE char *shown = ocib_url_public(t->url);
    ocib_log(t->http->options.log, OCIB_LOG_DEBUG, "%s %s: %d", t->method, shown,
             t->response->status);
    ocib_http_slot_give(t->http, t->slot);
    t->http->curl.slist_free_all(t->headers);
    t->headers = NULL;
    ocib_reader_free(t->in);
    t->in = NULL;
    ocib_error_clear(&t->error);
    return result;
}

static const char *redirect_target(const struct ocib_http_response *response)
{
    int s = response->status;
    bool redirects = s == 301 || s == 302 || s == 303 || s == 307 || s == 308;
    return redirects ? ocib_http_header(response, "Location", 0) : NULL;
}

/* Points the transfer at where the answer sends it; *url owns the new address. */
static int redirect(struct transfer *t, const char *target, char **url, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *next = ocib_url_resolve(t->url, target, err);
    if (!next) {
        return -1;
    }
    if (ocib_url_is_https(t->url) && !ocib_url_is_https(next) && !t->request->plain_redirect) {
        OCIB_AUTO_FREE char *from = ocib_url_host(t->url);
        OCIB_AUTO_FREE char *to = ocib_url_host(next);
        t->response->fault = OCIB_HTTP_FINAL;
        return ocib_error_set(err, OCIB_EREGISTRY, "%s redirects to plain HTTP on %s: refused",
                              from, to);
    }
    /* Once away from the origin, credentials stay away, also if a later hop leads back. */
    t->with_authorization = t->with_authorization && ocib_url_same_origin(t->url, next);
    if (t->response->status == 303 && strcmp(t->method, "HEAD") != 0) {
        t->method = "GET";
        t->with_body = false;
    }
    free(*url);
    *url = ocib_steal(&next);
    t->url = *url;
    return 0;
}

int ocib_http_exchange(struct ocib_http *http, const struct ocib_http_request *request,
                       struct ocib_http_response *response, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *url = ocib_strdup(request->url);
    struct transfer t = {.http = http,
                         .request = request,
                         .response = response,
                         .method = request->method,
                         .url = url,
                         .with_body = true,
                         .with_authorization = true};
    for (int hops = 0; hops <= MOST_REDIRECTS; hops++) {
        t.header_bytes = 0;
        if (ocib_http_interrupted(http)) {
            response->fault = OCIB_HTTP_FINAL;
            return ocib_error_set(err, OCIB_EINTERRUPTED, "interrupted");
        }
        if (run_once(&t, err)) {
            return -1;
        }
        const char *target = redirect_target(response);
        if (!target) {
            return 0;
        }
        if (redirect(&t, target, &url, err)) {
            response->fault = OCIB_HTTP_FINAL;
            return -1;
        }
    }
    OCIB_AUTO_FREE char *host = ocib_url_host(request->url);
    response->fault = OCIB_HTTP_FINAL;
    return ocib_error_set(err, OCIB_EREGISTRY, "%s redirects more than %d times", host,
                          MOST_REDIRECTS);
}
