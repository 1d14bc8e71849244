/*
 * Messages that are not errors: warnings to a person, and what happens at debug level. A log is
 * passed, never global; its sink decides what is shown. Sinks may be called from any thread, one
 * call at a time is the sink's business.
 */
#ifndef OCIB_BASE_LOG_H
#define OCIB_BASE_LOG_H

#include "base/cleanup.h"
#include "base/span.h"

enum ocib_log_level { OCIB_LOG_DEBUG, OCIB_LOG_INFO, OCIB_LOG_WARNING };

struct ocib_log {
    /* `span` may be nowhere (source NULL); `text` is one sentence, lower case, no period. */
    void (*write)(void *data, enum ocib_log_level level, struct ocib_span span, const char *text);
    void *data;
};

/* A NULL log drops everything. */
void ocib_log(const struct ocib_log *log, enum ocib_log_level level, const char *fmt, ...)
    OCIB_PRINTF(3, 4);
void ocib_log_at(const struct ocib_log *log, enum ocib_log_level level, struct ocib_span span,
                 const char *fmt, ...) OCIB_PRINTF(4, 5);

#endif
