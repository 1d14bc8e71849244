/* What the tests of io share. The test program owns all that is made here. */
#ifndef OCIB_TESTS_UNIT_IO_IO_TEST_H
#define OCIB_TESTS_UNIT_IO_IO_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "io/compress.h"
#include "io/digest.h"
#include "io/stream.h"

/* Bytes that compress somewhat, the same at each run. */
static inline void fill_bytes(struct ocib_buf *out, size_t len)
{
    uint32_t state = 12345;
    char *at = ocib_buf_reserve(out, len);
    for (size_t i = 0; i < len; i++) {
        state = state * 1664525 + 1013904223;
        at[i] = (char)((state >> 24) & ((i / 1000) % 3 ? 0x0f : 0xff));
    }
    out->len += len;
}

/* Asserts that there is an error with this code whose message contains `part`; frees it. */
static inline void assert_error(struct ocib_error **err, enum ocib_code code, const char *part)
{
    assert_non_null(*err);
    assert_int_equal(ocib_error_code(*err), code);
    if (!strstr(ocib_error_message(*err), part)) {
        fail_msg("\"%s\" is not in \"%s\"", part, ocib_error_message(*err));
    }
    ocib_error_clear(err);
}

static inline void assert_bytes(const struct ocib_buf *got, struct ocib_str wanted)
{
    assert_int_equal(got->len, wanted.len);
    if (wanted.len) {
        assert_memory_equal(got->data, wanted.s, wanted.len);
    }
}

#endif
