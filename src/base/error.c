#include "base/error.h"

#include "base/mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

struct ocib_error {
    enum ocib_code code;
    int step_status;
    char *message;
    char *hint;
    char *reason;
    char *detail;
    char *file;
    char *text;
    unsigned line;
    unsigned column;
    unsigned end_line;
};

/* The one table of exit statuses; cli.md of the manual lists them for users. */
static const int exit_statuses[] = {
    [OCIB_OK] = 0,
    [OCIB_EBUILD] = 1,
    [OCIB_EUSAGE] = 2,
    [OCIB_EDOCKERFILE] = 3,
    [OCIB_EINPUT] = 4,
    [OCIB_EREGISTRY] = 5,
    [OCIB_ENETWORK] = 6,
    [OCIB_EBUDGET] = 7,
    [OCIB_ESANDBOX] = 8,
    [OCIB_ESTORE] = 9,
    [OCIB_ENOTFOUND] = 4,
    [OCIB_ECORRUPT] = 9,
    [OCIB_EINTERRUPTED] = 130,
    [OCIB_EINTERNAL] = 1,
};

enum ocib_code ocib_error_code(const struct ocib_error *err)
{
    return err ? err->code : OCIB_OK;
}

int ocib_error_exit_status(const struct ocib_error *err)
{
    return exit_statuses[ocib_error_code(err)];
}

const char *ocib_error_message(const struct ocib_error *err)
{
    return err && err->message ? err->message : "unknown error";
}

const char *ocib_error_hint(const struct ocib_error *err)
{
    return err ? err->hint : NULL;
}

const char *ocib_error_reason(const struct ocib_error *err)
{
    return err ? err->reason : NULL;
}

const char *ocib_error_detail(const struct ocib_error *err)
{
    return err ? err->detail : NULL;
}

int ocib_error_step_status(const struct ocib_error *err)
{
    return err ? err->step_status : -1;
}

_Bool ocib_error_place(const struct ocib_error *err, struct ocib_error_place *place)
{
    if (!err || !err->file) {
        return false;
    }
    *place = (struct ocib_error_place){err->file, err->text, err->line, err->column, err->end_line};
    return true;
}

void ocib_error_free(struct ocib_error *err)
{
    if (!err) {
        return;
    }
    int saved = errno;
    free(err->message);
    free(err->hint);
    free(err->reason);
    free(err->detail);
    free(err->file);
    free(err->text);
    free(err);
    errno = saved;
}

/* Messages may quote what a file holds, however long it is: nobody reads more than this. */
enum { MESSAGE_MAX = 2000 };

static void clip(char *text)
{
    static const char more[] = " …";
    if (strnlen(text, MESSAGE_MAX + 1) <= MESSAGE_MAX) {
        return;
    }
    size_t end = MESSAGE_MAX - strlen(more);
    while (((unsigned char)text[end] & 0xc0) == 0x80 && end > MESSAGE_MAX - 8) {
        end--; /* to the beginning of a UTF-8 sequence */
    }
    memcpy(text + end, more, sizeof(more));
}

static char *vformat(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
static char *vformat(const char *fmt, va_list ap)
{
    char *text = NULL;
    if (vasprintf(&text, fmt, ap) < 0) {
        return NULL;
    }
    clip(text);
    return text;
}

/* True if a new error was stored, with `message` in it; the message is freed otherwise. */
static bool store(struct ocib_error **err, enum ocib_code code, char *message)
{
    if (!err || *err) {
        free(message);
        return false;
    }
    struct ocib_error *e = ocib_new(struct ocib_error);
    e->code = code;
    e->step_status = -1;
    e->message = message;
    *err = e;
    return true;
}

int ocib_error_set(struct ocib_error **err, enum ocib_code code, const char *fmt, ...)
{
    int saved = errno;
    va_list ap;
    va_start(ap, fmt);
    store(err, code, vformat(fmt, ap));
    va_end(ap);
    errno = saved;
    return -1;
}

static const char *errno_hint(int number)
{
    switch (number) {
    case ENOSPC:
        return "the disk is full: free space, or put the store elsewhere with --root";
    case EDQUOT:
        return "the disk quota is used up: free space, or put the store elsewhere with --root";
    case EROFS:
        return "the file system is read-only: put the store elsewhere with --root";
    case EMFILE:
    case ENFILE:
        return "too many open files: raise the limit with ulimit -n";
    default:
        return NULL;
    }
}

enum ocib_code ocib_error_code_of_errno(int number, enum ocib_code usual)
{
    bool disk = number == ENOSPC || number == EDQUOT || number == EROFS || number == EIO;
    return disk ? OCIB_ESTORE : usual;
}

int ocib_error_set_errno(struct ocib_error **err, enum ocib_code code, const char *fmt, ...)
{
    int saved = errno;
    va_list ap;
    va_start(ap, fmt);
    OCIB_AUTO_FREE char *what = vformat(fmt, ap);
    va_end(ap);
    if (store(err, code, ocib_format("%s: %s", what ? what : "", strerror(saved))) &&
        errno_hint(saved)) {
        (*err)->hint = ocib_strdup(errno_hint(saved));
    }
    errno = saved;
    return -1;
}

int ocib_error_at(struct ocib_error **err, enum ocib_code code, struct ocib_span span,
                  const char *fmt, ...)
{
    int saved = errno;
    va_list ap;
    va_start(ap, fmt);
    if (store(err, code, vformat(fmt, ap))) {
        ocib_error_place_at(err, span);
    }
    va_end(ap);
    errno = saved;
    return -1;
}

int ocib_error_wrap(struct ocib_error **err, const char *fmt, ...)
{
    int saved = errno;
    if (err && *err) {
        va_list ap;
        va_start(ap, fmt);
        OCIB_AUTO_FREE char *doing = vformat(fmt, ap);
        va_end(ap);
        char *message = ocib_format("%s: %s", doing ? doing : "", ocib_error_message(*err));
        free((*err)->message);
        (*err)->message = message;
    }
    errno = saved;
    return -1;
}

int ocib_error_place_at(struct ocib_error **err, struct ocib_span span)
{
    if (err && *err && !(*err)->file && span.source) {
        struct ocib_error *e = *err;
        e->file = ocib_strdup(span.source->name);
        e->text = ocib_str_dup(ocib_source_line(span.source, span.line));
        e->line = span.line;
        e->column = span.column;
        e->end_line = span.end_line < span.line ? span.line : span.end_line;
    }
    return -1;
}

int ocib_error_hint_set(struct ocib_error **err, const char *fmt, ...)
{
    int saved = errno;
    if (err && *err && !(*err)->hint) {
        va_list ap;
        va_start(ap, fmt);
        (*err)->hint = vformat(fmt, ap);
        va_end(ap);
    }
    errno = saved;
    return -1;
}

int ocib_error_hint_replace(struct ocib_error **err, const char *text)
{
    if (err && *err) {
        free((*err)->hint);
        (*err)->hint = ocib_strdup(text);
    }
    return -1;
}

int ocib_error_reason_set(struct ocib_error **err, const char *reason)
{
    if (err && *err && !(*err)->reason) {
        (*err)->reason = ocib_strdup(reason);
    }
    return -1;
}

int ocib_error_move(struct ocib_error **err, struct ocib_error *cause)
{
    if (err && !*err) {
        *err = cause;
    } else {
        ocib_error_free(cause);
    }
    return -1;
}

int ocib_error_detail_set(struct ocib_error **err, struct ocib_str text)
{
    if (err && *err && !(*err)->detail) {
        (*err)->detail = ocib_str_dup(text);
    }
    return -1;
}

int ocib_error_code_set(struct ocib_error **err, enum ocib_code code)
{
    if (err && *err) {
        (*err)->code = code;
    }
    return -1;
}

int ocib_error_step_status_set(struct ocib_error **err, int status)
{
    if (err && *err) {
        (*err)->step_status = status;
    }
    return -1;
}

void ocib_error_clear(struct ocib_error **err)
{
    if (err) {
        ocib_error_free(*err);
        *err = NULL;
    }
}
