/* Short ways to parse in tests. */
#ifndef OCIB_TEST_PARSE_H
#define OCIB_TEST_PARSE_H

#include "golden.h"

#include "dockerfile/parse.h"

/* Parses what must be taken; freed by the caller. */
static inline struct ocib_dockerfile *parse_good(const char *text)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_dockerfile *file = ocib_dockerfile_parse("Dockerfile", ocib_str(text), NULL, &err);
    if (!file) {
        fail_msg("%s: %s", text, ocib_error_message(err));
    }
    return file;
}

/* The instruction below FROM. */
static inline const struct ocib_instruction *second(const struct ocib_dockerfile *file)
{
    assert_true(file->instructions.len > 1);
    return &file->instructions.items[1];
}

static inline void parse_bad(const char *text, const char *message)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    if (ocib_dockerfile_parse("Dockerfile", ocib_str(text), NULL, &err)) {
        fail_msg("taken: %s", text);
    }
    assert_int_equal(ocib_error_code(err), OCIB_EDOCKERFILE);
    assert_string_equal(ocib_error_message(err), message);
}

#define AUTO_FILE OCIB_AUTO(ocib_dockerfile_cleanup) struct ocib_dockerfile

#endif
