#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static void emit(const struct ocib_log *log, enum ocib_log_level level, struct ocib_span span,
                 const char *fmt, va_list ap) __attribute__((format(printf, 4, 0)));
static void emit(const struct ocib_log *log, enum ocib_log_level level, struct ocib_span span,
                 const char *fmt, va_list ap)
{
    OCIB_AUTO_FREE char *text = NULL;
    if (log && log->write && vasprintf(&text, fmt, ap) >= 0) {
        log->write(log->data, level, span, text);
    }
}

void ocib_log(const struct ocib_log *log, enum ocib_log_level level, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    emit(log, level, (struct ocib_span){0}, fmt, ap);
    va_end(ap);
}

void ocib_log_at(const struct ocib_log *log, enum ocib_log_level level, struct ocib_span span,
                 const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    emit(log, level, span, fmt, ap);
    va_end(ap);
}
