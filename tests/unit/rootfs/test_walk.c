#include "world.c"

#include "rootfs/walk.h"

static void names_are_sorted_by_bytes(void **state)
{
    char dir[] = "/tmp/ocib-walk-XXXXXX";
    static const char *const names[] = {"b", "a.b", "a", "B", "\xff", "a-b", "..."};
    struct ocib_error *err = NULL;
    assert_non_null(mkdtemp(dir));
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < OCIB_COUNT(names); i++) {
        assert_int_equal(mkdirat(fd, names[i], 0755), 0);
    }
    OCIB_AUTO(ocib_names_release) struct ocib_names got = {0};
    assert_int_equal(ocib_names_read(fd, ".", &got), 0);
    /* Two folders' names together: each once. */
    assert_int_equal(mkdirat(fd, "b/zz", 0755), 0);
    assert_int_equal(mkdirat(fd, "b/a", 0755), 0);
    assert_int_equal(ocib_names_read(fd, "b", &got), 0);
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    for (size_t i = 0; i < got.len; i++) {
        ocib_buf_printf(&text, "%s\n", ocib_names_get(&got, i));
    }
    assert_text(&text, "...\nB\na\na-b\na.b\nb\nzz\n\xff\n");
    assert_int_equal(ocib_names_read(fd, "none", &got), -1);
    assert_int_equal(errno, ENOENT);
    close(fd);
    assert_ok(ocib_remove_tree(AT_FDCWD, dir, &err), err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_sorted_by_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
