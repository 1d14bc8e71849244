#include "base/mem.h"
#include "registry/session.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

enum { MOST_TEXT = 300, MOST_ERRORS = 3 };

/* One line of visible text: what a server says may hold anything. */
static void add_clean(struct ocib_buf *out, const char *text)
{
    for (; *text && out->len < MOST_TEXT; text++) {
        unsigned char c = (unsigned char)*text;
        ocib_buf_putc(out, c < ' ' || c == 0x7f ? ' ' : (char)c);
    }
    if (*text) {
        ocib_buf_puts(out, "...");
    }
}

static void add_error(struct ocib_buf *out, const json_t *error)
{
    const char *message = json_string_value(json_object_get(error, "message"));
    const char *code = json_string_value(json_object_get(error, "code"));
    if (!(message && *message) && !code) {
        return;
    }
    ocib_buf_puts(out, out->len ? "; " : "");
    add_clean(out, message && *message ? message : code);
    if (message && *message && code) {
        ocib_buf_puts(out, " (");
        add_clean(out, code);
        ocib_buf_puts(out, ")");
    }
}

char *ocib_answer_text(struct ocib_str body)
{
    OCIB_AUTO_BUF struct ocib_buf out;
    ocib_buf_init(&out);
    json_t *root = json_loadb(body.s ? body.s : "", body.len, 0, NULL);
    const json_t *errors = json_object_get(root, "errors");
    for (size_t i = 0; i < json_array_size(errors) && i < MOST_ERRORS; i++) {
        add_error(&out, json_array_get(errors, i));
    }
    /* Token servers and proxies have other shapes. */
    static const char *const others[] = {"details", "message", "error_description", "error"};
    for (size_t i = 0; i < OCIB_COUNT(others) && out.len == 0; i++) {
        const char *text = json_string_value(json_object_get(root, others[i]));
        add_clean(&out, text ? text : "");
    }
    json_decref(root);
    return out.len ? ocib_buf_take(&out) : NULL;
}

bool ocib_answer_is_html(const struct ocib_http_response *response)
{
    const char *type = ocib_http_header(response, "Content-Type", 0);
    struct ocib_str body = ocib_str_trim(ocib_buf_str(&response->body));
    return (type && strncasecmp(type, "text/html", 9) == 0) || (body.len > 0 && body.s[0] == '<');
}

/* In place of words that the registry doesn't have, as after HEAD. */
static const char *status_text(int status)
{
    switch (status) {
    case 401:
        return "authentication required";
    case 403:
        return "access denied";
    case 404:
        return "not found";
    case 413:
        return "too large for it, or for a proxy before it";
    case 429:
        return "too many requests";
    default:
        return ocib_retry_status(status) ? "it has a fault" : "refused";
    }
}

static enum ocib_code code_of(int status)
{
    if (ocib_retry_status(status)) {
        return OCIB_ENETWORK;
    }
    return status == 404 ? OCIB_ENOTFOUND : OCIB_EREGISTRY;
}

static int add_hint(struct ocib_session *session, int status, struct ocib_error **err)
{
    const char *name = session->endpoint->name;
    if (status == 401 || status == 403) {
        OCIB_AUTO_FREE char *source = ocib_auth_source(session);
        if (source) {
            return ocib_error_hint_set(err,
                                       "the credentials of %s don't allow it; other ones are "
                                       "written by `podman login %s`",
                                       source, name);
        }
        return ocib_error_hint_set(err,
                                   "no credentials for %s were found: `podman login %s` writes an "
                                   "auth file that ocib reads, or name one with --authfile",
                                   name, name);
    }
    if (status == 429) {
        return ocib_error_hint_set(err,
                                   "too many requests: try again later, log in, or use a "
                                   "mirror (--mirror %s=URL)",
                                   name);
    }
    if (ocib_retry_status(status)) {
        return ocib_error_hint_set(err, "the registry has a fault: try again later");
    }
    return -1;
}

int ocib_session_refused(struct ocib_session *session, const char *doing,
                         const struct ocib_http_response *response, struct ocib_error **err)
{
    int status = response->status;
    OCIB_AUTO_FREE char *text = ocib_answer_text(ocib_buf_str(&response->body));
    const char *why = text ? text : status_text(status);
    if (!text && ocib_answer_is_html(response)) {
        why = "it sent a web page";
    }
    ocib_error_set(err, code_of(status), "can't %s %s: %s, status %d", doing, session->peer, why,
                   status);
    return add_hint(session, status, err);
}
