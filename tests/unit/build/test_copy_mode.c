#include "build/copy_mode.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

/* What Docker makes of a folder of mode 3750 and files of modes 0640 and 7751. */
static void test_like_docker(void **state)
{
    static const struct {
        const char *text;
        mode_t dir;
        mode_t plain;
        mode_t full;
    } cases[] = {
        {"", 03750, 0640, 07751},
        {"u+t", 03750, 01640, 07751},
        {"g+t", 03750, 01640, 07751},
        {"o+t", 03750, 0640, 07751},
        {"a+t", 03750, 01640, 07751},
        {"u=t", 03050, 01040, 03051},
        {"o=t", 03750, 0640, 07750},
        {"+s", 07750, 06640, 07751},
        {"o+s", 03750, 0640, 07751},
        {"u=s", 07050, 04040, 07051},
        {"g=s", 03700, 02600, 07701},
        {"a=s", 07000, 06000, 07000},
        {"u=", 03050, 0040, 03051},
        {"g=", 01700, 0600, 05701},
        {"o=", 03750, 0640, 07750},
        {"a=", 01000, 0, 01000},
        {"=", 01000, 0, 01000},
        {"u=rx", 03550, 0540, 03551},
        {"a=rX", 01555, 0444, 01555},
        {"u=X", 03150, 0040, 03151},
        {"a-x", 03640, 0640, 07640},
        {"a-X", 03640, 0640, 07640},
        {"ug-s", 01750, 0640, 01751},
        {"u=rwx,g=rx,o=", 01750, 0750, 01750},
        {"g=u", 03770, 0660, 07771},
        {"o=g", 03755, 0644, 07755},
        {"u=o", 03050, 0040, 07151},
        {"g+u", 03770, 0660, 07771},
        {"o-u", 03750, 0640, 07750},
        {"u=g-w", 03550, 0440, 07551},
        {"a+r-w", 03554, 0444, 07555},
        {"u+x,a=u", 03777, 0777, 07777},
        {"-t", 02750, 0640, 06751},
        {"u-t", 02750, 0640, 06751},
        {"o-t", 03750, 0640, 07751},
        {"=x", 01111, 0111, 01111},
        {"+X", 03751, 0640, 07751},
        {"u=rwX,go=rX", 01755, 0644, 01755},
        {"g=rs", 03740, 02640, 07741},
        {"u=rst", 07450, 05440, 07451},
        {"u+rw+x", 03750, 0740, 07751},
        {"u+", 03750, 0640, 07751},
        {"go=u-w", 03755, 0644, 07755},
        {"ug=rw,o=r", 01664, 0664, 01664},
        {"a=u", 03777, 0666, 07777},
        {"a+rwxXst", 07777, 07777, 07777},
        {"uu+r", 03750, 0640, 07751},
        {"0", 0, 0, 0},
        {"7", 7, 7, 7},
        {"0644", 0644, 0644, 0644},
        {"4755", 04755, 04755, 04755},
        {"00000644", 0644, 0644, 0644},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO(ocib_chmod_release) struct ocib_chmod chmod;
        assert_int_equal(ocib_chmod_parse(cases[i].text, &chmod, NULL), 0);
        mode_t dir = ocib_chmod_apply(&chmod, S_IFDIR | 03750, true);
        mode_t plain = ocib_chmod_apply(&chmod, S_IFREG | 0640, false);
        mode_t full = ocib_chmod_apply(&chmod, S_IFREG | 07751, false);
        if (dir != cases[i].dir || plain != cases[i].plain || full != cases[i].full) {
            fail_msg("%s: %o %o %o", cases[i].text, dir, plain, full);
        }
    }
}

static void test_refused(void **state)
{
    static const char *const bad[] = {"=r,",   "r",        "u+rq", "8",    "755x",
                                      "u+7",   "u+r,",     "u",    ",",    "17777",
                                      "0o644", "u+x,,g+x", "o=ug", "u+gr", " 755"};
    for (size_t i = 0; i < OCIB_COUNT(bad); i++) {
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        OCIB_AUTO(ocib_chmod_release) struct ocib_chmod chmod;
        assert_int_equal(ocib_chmod_parse(bad[i], &chmod, &err), -1);
        assert_int_equal(ocib_error_code(err), OCIB_EDOCKERFILE);
        OCIB_AUTO_FREE char *message = ocib_format("bad --chmod mode \"%s\"", bad[i]);
        assert_string_equal(ocib_error_message(err), message);
    }
}

static void test_parents(void **state)
{
    struct ocib_chmod chmod;
    assert_int_equal(ocib_chmod_parse(NULL, &chmod, NULL), 0);
    assert_int_equal(ocib_chmod_parent(&chmod), 0755);
    assert_int_equal(ocib_chmod_parse("2711", &chmod, NULL), 0);
    assert_int_equal(ocib_chmod_parent(&chmod), 0711);
    assert_int_equal(ocib_chmod_parse("1777", &chmod, NULL), 0);
    assert_int_equal(ocib_chmod_parent(&chmod), 0755);
    assert_int_equal(ocib_chmod_parse("a=", &chmod, NULL), 0);
    assert_int_equal(ocib_chmod_parent(&chmod), 0755);
    ocib_chmod_release(&chmod);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_like_docker),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_parents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
