#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_alloc_is_zeroed(void **state)
{
    OCIB_AUTO_FREE unsigned char *p = ocib_alloc(1000, 3);
    for (size_t i = 0; i < 3000; i++) {
        assert_int_equal(p[i], 0);
    }
    OCIB_AUTO_FREE void *nothing = ocib_alloc(0, 8);
    assert_non_null(nothing);
}

static void test_resize_keeps_content(void **state)
{
    char *p = ocib_resize(NULL, 4, 1);
    memcpy(p, "abc", 4);
    p = ocib_resize(p, 4000, 2);
    assert_string_equal(p, "abc");
    p = ocib_resize(p, 0, 2);
    assert_non_null(p);
    free(p);
}

static void test_copies(void **state)
{
    OCIB_AUTO_FREE char *a = ocib_strdup("abc");
    OCIB_AUTO_FREE char *b = ocib_strndup("abc", 2);
    OCIB_AUTO_FREE char *empty = ocib_strndup(NULL, 0);
    OCIB_AUTO_FREE char *text = ocib_format("%s-%d", "x", 12);
    assert_string_equal(a, "abc");
    assert_string_equal(b, "ab");
    assert_string_equal(empty, "");
    assert_string_equal(text, "x-12");
    assert_null(ocib_strdup(NULL));
}

/* Asks in a child for more than there can be: one line, status 9. */
static void test_out_of_memory_ends_the_process(void **state)
{
    int out[2];
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(out[1], STDERR_FILENO);
        close(out[0]);
        void *p = ocib_resize(NULL, SIZE_MAX / 2, 3);
        _exit(p ? 1 : 2);
    }
    close(out[1]);
    char text[64] = "";
    ssize_t n = read(out[0], text, sizeof(text) - 1);
    close(out[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 9);
    assert_true(n > 0);
    assert_string_equal(text, "ocib: out of memory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc_is_zeroed),
        cmocka_unit_test(test_resize_keeps_content),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_out_of_memory_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
