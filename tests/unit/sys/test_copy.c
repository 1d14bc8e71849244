#include "sys/copy.h"

#include "sys/fd.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int temporary(const char *dir)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static void copy(int from, int to)
{
    struct ocib_copy_ways ways = {0};
    struct stat st;
    assert_int_equal(fstat(from, &st), 0);
    assert_int_equal(lseek(from, 0, SEEK_SET), 0);
    assert_int_equal(ocib_copy_content(from, to, &st, &ways), 0);
}

static void assert_same(int a, int b)
{
    struct stat sa, sb;
    char left[4096], right[4096];
    assert_int_equal(fstat(a, &sa), 0);
    assert_int_equal(fstat(b, &sb), 0);
    assert_int_equal(sa.st_size, sb.st_size);
    for (off_t at = 0; at < sa.st_size; at += (off_t)sizeof(left)) {
        ssize_t n = pread(a, left, sizeof(left), at);
        assert_int_equal(pread(b, right, sizeof(right), at), n);
        assert_memory_equal(left, right, (size_t)n);
    }
}

static void fill(int fd, size_t size)
{
    char *bytes = malloc(size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (char)(i * 7 + i / 251);
    }
    assert_int_equal(ocib_fd_write_all(fd, bytes, size), 0);
    free(bytes);
}

static void test_sizes(void **state)
{
    static const size_t sizes[] = {0, 1, 4096, 65536, 65537, 1000003};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        OCIB_AUTO_FD int from = temporary("/tmp");
        OCIB_AUTO_FD int to = temporary("/tmp");
        fill(from, sizes[i]);
        copy(from, to);
        assert_same(from, to);
    }
}

/* copy_file_range(2) refuses two file systems: memory is the way then. */
static void test_other_file_system(void **state)
{
    OCIB_AUTO_FD int from = temporary("/tmp");
    int to_fd = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    OCIB_AUTO_FD int to = to_fd;
    if (to_fd < 0) {
        skip();
    }
    fill(from, 500000);
    copy(from, to);
    assert_same(from, to);
}

static void test_holes_stay_holes(void **state)
{
    OCIB_AUTO_FD int from = temporary("/tmp");
    OCIB_AUTO_FD int to = temporary("/tmp");
    struct stat st;
    fill(from, 10000);
    assert_int_equal(ftruncate(from, 64 << 20), 0);
    assert_int_equal(pwrite(from, "end", 3, (64 << 20) - 3), 3);
    copy(from, to);
    assert_same(from, to);
    assert_int_equal(fstat(to, &st), 0);
    assert_true(st.st_blocks < (1 << 20) / 512);
}

static void test_shorter_than_promised(void **state)
{
    OCIB_AUTO_FD int from = temporary("/tmp");
    OCIB_AUTO_FD int to = temporary("/tmp");
    struct ocib_copy_ways ways = {0};
    struct stat st;
    fill(from, 100);
    assert_int_equal(fstat(from, &st), 0);
    assert_int_equal(lseek(from, 50, SEEK_SET), 50);
    assert_int_equal(ocib_copy_content(from, to, &st, &ways), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_other_file_system),
        cmocka_unit_test(test_holes_stay_holes),
        cmocka_unit_test(test_shorter_than_promised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
