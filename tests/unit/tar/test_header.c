#include "tar_test.h"

static void assert_number(const char *field, size_t len, int64_t wanted)
{
    int64_t got = -12345;
    assert_true(ocib_tar_number(field, len, &got));
    assert_int_equal(got, wanted);
}

static void numbers(void **state)
{
    int64_t got;
    assert_number("0000644", 8, 0644);
    assert_number("   644 ", 8, 0644);
    assert_number("77777777", 8, 077777777);
    assert_number("\0\0\0\0\0\0\0", 8, 0);
    assert_number("\x80\0\0\0\x53\xdf\x74\x39", 8, 1407153209);
    assert_number("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", 12, -2);
    assert_number("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, INT64_MAX);
    assert_false(ocib_tar_number("\x80\0\0\1\0\0\0\0\0\0\0\0", 12, &got));
    assert_false(ocib_tar_number("000x644", 8, &got));
    assert_false(ocib_tar_number("00008", 5, &got));
    assert_false(ocib_tar_number("-1", 3, &got));
    assert_false(ocib_tar_number("7777777777777777777777777", 25, &got));
}

static void checksums(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    struct ocib_tar_block block = header('0', "na\xefme", 0);
    add_block(&tar, &block);
    assert_true(ocib_tar_checksum_matches((struct ocib_tar_block *)tar.data));
    block.mode[3]++;
    assert_false(ocib_tar_checksum_matches(&block));
    /* Summed as signed bytes: 256 less for each byte above 127. */
    block.mode[3]--;
    snprintf(block.checksum, 7, "%06o", ocib_tar_checksum(&block) - 256);
    assert_true(ocib_tar_checksum_matches(&block));
}

static void prefixes(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    struct ocib_tar_block block = header('0', "name", 0);
    memcpy(block.prefix, "some/folder", 12);
    add_block(&tar, &block);
    memcpy(block.magic, "ustar ", 6); /* GNU: other things are there */
    memcpy(block.version, " ", 2);
    add_block(&tar, &block);
    memset(block.magic, 0, 8); /* v7: no type for folders */
    memcpy(block.name, "dir/", 5);
    block.type = '\0';
    add_block(&tar, &block);
    end(&tar);
    assert_reads(&tar, "100644 0:0 0 1000.0 some/folder/name\n"
                       "100644 0:0 0 1000.0 name\n"
                       "40644 0:0 0 1000.0 dir\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(checksums),
        cmocka_unit_test(prefixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
