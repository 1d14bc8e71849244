#include "base/mem.h"
#include "http/internal.h"
#include "http/url.h"

#include <ctype.h>
#include <string.h>

char *ocib_http_clean(struct ocib_str text, size_t most)
{
    OCIB_AUTO_BUF struct ocib_buf out;
    ocib_buf_init(&out);
    text = ocib_str_trim(text);
    for (size_t i = 0; i < text.len && out.len < most; i++) {
        unsigned char c = (unsigned char)text.s[i];
        ocib_buf_putc(&out, c < 0x20 || c == 0x7f ? ' ' : (char)c);
    }
    if (text.len > most) {
        ocib_buf_puts(&out, "...");
    }
    return ocib_buf_take(&out);
}

/* The server as messages name it: the caller's name of it, or after a redirect the host's. */
static char *peer_name(const struct transfer *transfer)
{
    const struct ocib_http_request *request = transfer->request;
    if (request->peer && ocib_url_same_origin(request->url, transfer->url)) {
        return ocib_strdup(request->peer);
    }
    return ocib_url_host(transfer->url);
}

/* The system's words for why a connection failed, in lower case as messages are. */
static char *system_reason(const struct transfer *transfer, const char *otherwise)
{
    long number = 0;
    transfer->http->curl.easy_getinfo(transfer->slot->easy, CURLINFO_OS_ERRNO, &number);
    if (number == 0) {
        return ocib_strdup(otherwise);
    }
    char *text = ocib_strdup(strerror((int)number));
    text[0] = (char)tolower((unsigned char)text[0]);
    return text;
}

static int fail_unreachable(struct transfer *transfer, CURLcode code, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *peer = peer_name(transfer);
    transfer->response->fault = OCIB_HTTP_UNREACHABLE;
    if (code == CURLE_COULDNT_CONNECT) {
        OCIB_AUTO_FREE char *reason = system_reason(transfer, "no connection");
        ocib_error_set(err, OCIB_ENETWORK, "can't reach %s: %s", peer, reason);
        return ocib_error_hint_set(err, "check that it runs, and its host name and port");
    }
    if (code == CURLE_COULDNT_RESOLVE_PROXY) {
        ocib_error_set(err, OCIB_ENETWORK, "can't reach %s: the proxy's host name is unknown",
                       peer);
        return ocib_error_hint_set(err, "check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY");
    }
    ocib_error_set(err, OCIB_ENETWORK, "can't reach %s: its host name is unknown", peer);
    return ocib_error_hint_set(err, "check the spelling, and the network's name service");
}

static int fail_timeout(struct transfer *transfer, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *peer = peer_name(transfer);
    transfer->response->fault = OCIB_HTTP_BROKEN;
    if (transfer->stalled) {
        return ocib_error_set(err, OCIB_ENETWORK, "%s went silent: no byte for %g s", peer,
                              (double)transfer->http->options.stall_ms / 1000);
    }
    return ocib_error_set(err, OCIB_ENETWORK, "can't reach %s: no answer within %g s", peer,
                          (double)transfer->http->options.connect_ms / 1000);
}

static int fail_broken(struct transfer *transfer, CURLcode code, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *peer = peer_name(transfer);
    transfer->response->fault = OCIB_HTTP_BROKEN;
    if (code == CURLE_PARTIAL_FILE || code == CURLE_GOT_NOTHING) {
        return ocib_error_set(err, OCIB_ENETWORK,
                              "the connection to %s ended before its answer did", peer);
    }
    OCIB_AUTO_FREE char *reason = system_reason(transfer, transfer->http->curl.easy_strerror(code));
    return ocib_error_set(err, OCIB_ENETWORK, "the connection to %s broke: %s", peer, reason);
}

static int fail_trust(struct transfer *transfer, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *peer = peer_name(transfer);
    struct ocib_str said = ocib_str(transfer->errors);
    static const char prefix[] = "SSL certificate problem: ";
    if (ocib_str_starts(said, prefix)) {
        said = ocib_str_sub(said, sizeof(prefix) - 1, said.len);
    }
    OCIB_AUTO_FREE char *reason = ocib_http_clean(said, 200);
    ocib_error_set(err, OCIB_EREGISTRY, "can't trust the certificate of %s: %s", peer, reason);
    return ocib_error_hint_set(
        err, "name the authority that signed it with --registry-ca FILE (or in certs.d), or accept "
             "any certificate with --tls-verify=false");
}

static int fail_tls(struct transfer *transfer, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *peer = peer_name(transfer);
    if (strstr(transfer->errors, "SYSCALL") || strstr(transfer->errors, "reset by peer") ||
        strstr(transfer->errors, "unexpected eof")) {
        return fail_broken(transfer, CURLE_SSL_CONNECT_ERROR, err);
    }
    transfer->response->fault = OCIB_HTTP_NOT_TLS;
    OCIB_AUTO_FREE char *reason = ocib_http_clean(ocib_str(transfer->errors), 200);
    ocib_error_set(err, OCIB_EREGISTRY, "no TLS connection with %s: %s", peer, reason);
    return ocib_error_hint_set(err, "if it speaks plain HTTP, say so with --tls-verify=false or "
                                    "with insecure = true in registries.conf");
}

static int fail_final(struct transfer *transfer, CURLcode code, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *peer = peer_name(transfer);
    switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
        return ocib_error_set(err, OCIB_EREGISTRY, "what %s answers is not HTTP", peer);
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE: {
        OCIB_AUTO_FREE char *reason = ocib_http_clean(ocib_str(transfer->errors), 200);
        return ocib_error_set(err, OCIB_EREGISTRY, "can't use a certificate file for %s: %s", peer,
                              reason);
    }
    default:
        return ocib_error_set(err, OCIB_EREGISTRY, "can't ask %s: %s", peer,
                              transfer->http->curl.easy_strerror(code));
    }
}

int ocib_http_fail(struct transfer *transfer, CURLcode code, struct ocib_error **err)
{
    transfer->response->fault = OCIB_HTTP_FINAL;
    if (transfer->error) {
        if (err && !*err) {
            *err = ocib_steal(&transfer->error);
        }
        return -1;
    }
    switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return fail_unreachable(transfer, code, err);
    case CURLE_OPERATION_TIMEDOUT:
        return fail_timeout(transfer, err);
    case CURLE_PEER_FAILED_VERIFICATION:
        return fail_trust(transfer, err);
    case CURLE_SSL_CONNECT_ERROR:
        return fail_tls(transfer, err);
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_PROXY:
        return fail_broken(transfer, code, err);
    default:
        return fail_final(transfer, code, err);
    }
}
