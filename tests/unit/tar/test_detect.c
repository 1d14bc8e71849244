#include "tar_test.h"

static void kinds(void **state)
{
    (void)state;
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    add(&tar, '0', "f", "content");
    end(&tar);
    assert_true(ocib_tar_detect(ocib_buf_str(&tar)));
    assert_true(ocib_tar_detect(ocib_str_sub(ocib_buf_str(&tar), 0, OCIB_TAR_HEAD)));
    assert_true(ocib_tar_detect(ocib_str_sub(ocib_buf_str(&tar), 0, 512)));
    assert_false(ocib_tar_detect(ocib_str_sub(ocib_buf_str(&tar), 0, 511)));
    tar.data[0] = 'g'; /* the checksum is that of another name */
    assert_false(ocib_tar_detect(ocib_buf_str(&tar)));
    assert_true(ocib_tar_detect(OCIB_STR("\x1f\x8b\x08...")));
    assert_true(ocib_tar_detect(OCIB_STR("BZh9...")));
    assert_true(ocib_tar_detect(OCIB_STR("\xfd"
                                         "7zXZ\0..")));
    assert_true(ocib_tar_detect(OCIB_STR("\x28\xb5\x2f\xfd.")));
}

static void others(void **state)
{
    (void)state;
    char zeros[1024] = {0};
    assert_true(ocib_tar_detect((struct ocib_str){zeros, sizeof(zeros)}));
    assert_false(ocib_tar_detect((struct ocib_str){zeros, 1023}));
    assert_false(ocib_tar_detect(OCIB_STR("")));
    assert_false(ocib_tar_detect(OCIB_STR("BZ")));
    assert_false(ocib_tar_detect(OCIB_STR("FROM scratch\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kinds), cmocka_unit_test(others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
