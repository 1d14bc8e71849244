#include "tar_test.h"

static void names_are_cleaned(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    add(&tar, '5', "./", "");
    add(&tar, '5', "./a//b/./", "");
    add(&tar, '0', "/abs", "x");
    add(&tar, '0', "a/b/../c", "y");
    add(&tar, '0', "n\xff\xfe", "z");
    end(&tar);
    assert_reads(&tar, "40644 0:0 0 1000.0 \n"
                       "40644 0:0 0 1000.0 a/b\n"
                       "100644 0:0 1 1000.0 abs = x\n"
                       "100644 0:0 1 1000.0 a/c = y\n"
                       "100644 0:0 1 1000.0 n\xff\xfe = z\n");
}

static void extensions(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    struct ocib_tar_block link = header('2', "ignored", 0);
    add(&tar, 'g', "global", "16 comment=xyz12\n");
    add(&tar, 'L', "././@LongLink", "long/name");
    add(&tar, 'K', "././@LongLink", "../long/target");
    add_block(&tar, &link);
    add(&tar, 'x', "pax", "10 path=p\n18 uid=1407182137\n25 SCHILY.xattr.user.k=v\n");
    add(&tar, '0', "ignored", "content");
    add(&tar, 'V', "label", "");
    link = header('1', "hard", 5); /* a size without content, as some writers have it */
    memcpy(link.linkname, "./p", 4);
    add_block(&tar, &link);
    add(&tar, '6', "fifo", "");
    end(&tar);
    ocib_buf_puts(&tar, "what comes after the end is of no meaning");
    assert_reads(&tar, "120644 0:0 0 1000.0 long/name > ../long/target\n"
                       "100644 1407182137:0 7 1000.0 p user.k=v = content\n"
                       "100644 0:0 0 1000.0 hard >> p\n"
                       "10644 0:0 0 1000.0 fifo\n");
}

static void ends(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    assert_reads(&tar, "");
    add(&tar, '0', "f", "x");
    assert_reads(&tar, "100644 0:0 1 1000.0 f = x\n");
    tar.len -= 100;
    assert_bad(&tar, "the tar ends too early");
    tar.len = 512;
    assert_bad(&tar, "bad tar (content of f): the tar ends too early");
    tar.len = 511;
    assert_bad(&tar, "bad tar (entry 0): the tar ends too early");
}

static void bad_entries(void **state)
{
    static const struct {
        char type;
        const char *name;
        const char *content;
        const char *message;
    } cases[] = {
        {'0', "..", "", "path \"..\" leads out of the tree"},
        {'0', "a/../../b", "", "leads out of the tree"},
        {'Z', "a", "", "an entry is of unknown type 0x5a"},
        {'x', "pax", "bad", "PAX records are malformed"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_BUF struct ocib_buf tar = {0};
        add(&tar, cases[i].type, cases[i].name, cases[i].content);
        end(&tar);
        assert_bad(&tar, cases[i].message);
    }
}

static void bad_fields(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    struct ocib_tar_block block = header('0', "f", 0);
    memcpy(block.uid, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    add_block(&tar, &block);
    assert_bad(&tar, "owner -1:0 is out of range");
    ocib_buf_clear(&tar);
    block = header('0', "f", 0);
    memcpy(block.size, "x", 1);
    add_block(&tar, &block);
    assert_bad(&tar, "a header field is not a number");
    ocib_buf_clear(&tar);
    add(&tar, 'x', "pax", "18 uid=4294967295\n");
    add(&tar, '0', "f", "");
    assert_bad(&tar, "owner 4294967295:0 is out of range");
    ocib_buf_clear(&tar);
    block = header('x', "pax", OCIB_TAR_PAX_MAX + 1);
    add_block(&tar, &block);
    assert_bad(&tar, "an extended header is larger than 1048576 bytes");
    ocib_buf_clear(&tar);
    block = header('3', "dev", 0);
    memcpy(block.devmajor, "7777777", 8);
    add_block(&tar, &block);
    assert_bad(&tar, "a device number is out of range");
    tar.data[0] = 'X';
    assert_bad(&tar, "a header has a wrong checksum");
    ocib_buf_clear(&tar);
    OCIB_AUTO_BUF struct ocib_buf path = {0};
    ocib_buf_puts(&path, "5009 path=");
    while (path.len < 5008) {
        ocib_buf_putc(&path, 'a');
    }
    ocib_buf_putc(&path, '\n');
    add(&tar, 'x', "pax", path.data);
    add(&tar, '0', "f", "");
    assert_bad(&tar, "is longer than 4095 bytes");
}

/* Whoever verifies the stream below sees its end. */
static void the_stream_is_read_to_its_end(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    struct ocib_error *err = NULL;
    struct ocib_digest other;
    struct ocib_tar_entry e;
    add(&tar, '0', "f", "x");
    end(&tar);
    end(&tar);
    ocib_digest_of("", 0, &other);
    struct ocib_reader *verify =
        ocib_reader_verify(ocib_reader_of_str(ocib_buf_str(&tar)), &other, -1, "layer");
    struct ocib_tar_reader *r = ocib_tar_reader_new(verify, false, &err);
    int more = ocib_tar_reader_next(r, &e, &err);
    more = more > 0 ? ocib_tar_reader_next(r, &e, &err) : more;
    assert_int_equal(more, -1);
    assert_error(&err, OCIB_ECORRUPT, "layer is not what its digest says");
    ocib_tar_reader_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_cleaned),
        cmocka_unit_test(extensions),
        cmocka_unit_test(ends),
        cmocka_unit_test(bad_entries),
        cmocka_unit_test(bad_fields),
        cmocka_unit_test(the_stream_is_read_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
