#include "registry/challenge.h"

#include "base/buf.h"
#include "base/mem.h"

enum { MOST_BYTES = 16 * 1024 };

void ocib_challenge_release(struct ocib_challenge *challenge)
{
    free(challenge->realm);
    free(challenge->service);
    free(challenge->scope);
    *challenge = (struct ocib_challenge){0};
}

struct reader {
    struct ocib_str text;
    size_t at;
};

static int peek(const struct reader *r)
{
    return r->at < r->text.len ? (unsigned char)r->text.s[r->at] : -1;
}

static void skip(struct reader *r, const char *set)
{
    while (peek(r) > 0 && strchr(set, peek(r))) {
        r->at++;
    }
}

/* What "token" and "token68" of the grammar consist of, "=" apart. */
static bool is_token(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c > 0 && strchr("!#$%&'*+-.^_`|~/", c));
}

static struct ocib_str read_token(struct reader *r)
{
    size_t from = r->at;
    while (is_token(peek(r))) {
        r->at++;
    }
    return ocib_str_sub(r->text, from, r->at);
}

/* A parameter's value, a token or a quoted string. */
static char *read_value(struct reader *r)
{
    if (peek(r) != '"') {
        /* Some servers leave out the quotes: up to the next comma. */
        size_t from = r->at;
        while (peek(r) >= 0 && peek(r) != ',') {
            r->at++;
        }
        return ocib_str_dup(ocib_str_trim(ocib_str_sub(r->text, from, r->at)));
    }
    OCIB_AUTO_BUF struct ocib_buf out;
    ocib_buf_init(&out);
    r->at++;
    while (peek(r) >= 0 && peek(r) != '"') {
        r->at += peek(r) == '\\' && r->at + 1 < r->text.len;
        ocib_buf_putc(&out, r->text.s[r->at++]);
    }
    r->at++;
    return ocib_buf_take(&out);
}

static void set_parameter(struct ocib_challenge *challenge, struct ocib_str name, char *value)
{
    char **place = NULL;
    if (ocib_str_is_nocase(name, "realm")) {
        place = &challenge->realm;
    } else if (ocib_str_is_nocase(name, "service")) {
        place = &challenge->service;
    } else if (ocib_str_is_nocase(name, "scope")) {
        place = &challenge->scope;
    }
    if (!place) {
        free(value);
        return;
    }
    free(*place);
    *place = value;
}

/* Parameters up to the next scheme: a token that no "=" follows begins one. */
static void read_parameters(struct reader *r, struct ocib_challenge *challenge)
{
    for (;;) {
        skip(r, " \t,");
        size_t from = r->at;
        struct ocib_str name = read_token(r);
        skip(r, " \t");
        if (name.len == 0 || peek(r) != '=') {
            r->at = from;
            return;
        }
        r->at++;
        skip(r, " \t");
        set_parameter(challenge, name, read_value(r));
    }
}

void ocib_challenge_read(struct ocib_str value, struct ocib_challenge *out)
{
    struct reader r = {ocib_str_sub(value, 0, MOST_BYTES), 0};
    for (;;) {
        skip(&r, " \t,");
        struct ocib_str name = read_token(&r);
        if (name.len == 0) {
            return;
        }
        struct ocib_challenge found = {0};
        if (ocib_str_is_nocase(name, "bearer")) {
            found.scheme = OCIB_AUTH_BEARER;
        } else if (ocib_str_is_nocase(name, "basic")) {
            found.scheme = OCIB_AUTH_BASIC;
        }
        read_parameters(&r, &found);
        bool usable = found.scheme != OCIB_AUTH_BEARER || (found.realm && *found.realm);
        if (usable && found.scheme > out->scheme) {
            ocib_challenge_release(out);
            *out = found;
        } else {
            ocib_challenge_release(&found);
        }
    }
}
