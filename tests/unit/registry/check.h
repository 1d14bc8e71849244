/* What the tests of this part share: cmocka in its order, and a log that remembers. */
#ifndef OCIB_TESTS_REGISTRY_CHECK_H
#define OCIB_TESTS_REGISTRY_CHECK_H

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define CHECK_HELPER static __attribute__((unused))

CHECK_HELPER void check_log_write(void *data, enum ocib_log_level level, struct ocib_span span,
                                  const char *text)
{
    if (level != OCIB_LOG_DEBUG) {
        ocib_buf_printf(data, "%u:%u: %s\n", span.line, span.column, text);
    }
}

/* The whole error, as "[code] file:line:column: message | hint". */
CHECK_HELPER char *check_error_text(const struct ocib_error *err)
{
    OCIB_AUTO_BUF struct ocib_buf out;
    struct ocib_error_place place;
    ocib_buf_init(&out);
    ocib_buf_printf(&out, "[%d] ", ocib_error_code(err));
    if (ocib_error_place(err, &place)) {
        ocib_buf_printf(&out, "%s:%u:%u: ", place.file, place.line, place.column);
    }
    ocib_buf_puts(&out, ocib_error_message(err));
    if (ocib_error_hint(err)) {
        ocib_buf_printf(&out, " | %s", ocib_error_hint(err));
    }
    return ocib_buf_take(&out);
}

CHECK_HELPER void check_error(const struct ocib_error *err, enum ocib_code code,
                              const char *message)
{
    assert_non_null(err);
    assert_string_equal(ocib_error_message(err), message);
    assert_int_equal(ocib_error_code(err), code);
}

CHECK_HELPER void check_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

#endif
