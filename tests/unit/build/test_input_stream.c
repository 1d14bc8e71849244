#include "build/input_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A stream of a pipe that holds a text. */
struct piped {
    int fds[2];
    struct ocib_build_input_stream stream;
};

static void piped_release(struct piped *piped)
{
    ocib_build_input_stream_release(&piped->stream);
    close(piped->fds[0]);
}

static void open_text(struct piped *piped, const char *text, size_t len)
{
    *piped = (struct piped){0};
    assert_int_equal(pipe(piped->fds), 0);
    assert_int_equal(write(piped->fds[1], text, len), len);
    close(piped->fds[1]);
    piped->stream.fd = piped->fds[0];
    piped->stream.name = "x";
    assert_int_equal(ocib_build_input_stream_open(&piped->stream, NULL), 0);
}

static void assert_whole(size_t len)
{
    OCIB_AUTO(piped_release) struct piped piped;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    char text[5000];
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (char)(i * 7);
    }
    open_text(&piped, text, len);
    struct ocib_reader *reader = ocib_build_input_stream_reader(&piped.stream);
    assert_int_equal(ocib_stream_read_all(reader, sizeof(text), &out, NULL), 0);
    ocib_reader_free(reader);
    assert_int_equal(out.len, len);
    assert_int_equal(len ? memcmp(out.data, text, len) : 0, 0);
}

static void test_all_of_it_comes(void **state)
{
    (void)state;
    assert_whole(0);
    assert_whole(1);
    assert_whole(1023);
    assert_whole(1024);
    assert_whole(1025);
    assert_whole(5000);
}

static bool is_html(const char *text)
{
    OCIB_AUTO(piped_release) struct piped piped;
    open_text(&piped, text, strlen(text));
    return ocib_build_input_stream_is_html(&piped.stream);
}

static void test_what_it_is(void **state)
{
    (void)state;
    OCIB_AUTO(piped_release) struct piped piped;
    assert_true(is_html("<!doctype HTML><p>"));
    assert_true(is_html("\xef\xbb\xbf\r\n <html lang=en>"));
    assert_false(is_html("FROM scratch\n"));
    assert_false(is_html("<htm"));
    assert_false(is_html(""));
    open_text(&piped, "\x1f\x8b\x08", 3);
    assert_true(ocib_build_input_stream_is_archive(&piped.stream));
}

static void test_interrupted(void **state)
{
    (void)state;
    const volatile int interrupted = 1;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct ocib_build_input_stream stream = {
        .fd = fds[0], .interrupted = &interrupted, .name = "x"};
    assert_int_equal(ocib_build_input_stream_open(&stream, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EINTERRUPTED);
    ocib_build_input_stream_release(&stream);
    close(fds[0]);
    close(fds[1]);
}

static void test_not_readable(void **state)
{
    (void)state;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_build_input_stream stream = {.fd = 12345, .name = "x"};
    assert_int_equal(ocib_build_input_stream_open(&stream, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EINPUT);
    ocib_build_input_stream_release(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_of_it_comes),
        cmocka_unit_test(test_what_it_is),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_not_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
