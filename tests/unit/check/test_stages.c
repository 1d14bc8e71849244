#include "check_test.h"

/* What Docker has recorded is in test_check.c; here are the texts, and what Docker does not do. */

static void test_unset(void **state)
{
    check_own("FROM scratch\nENV VERSION=1\nENV A=$VERSON B=${X:-y}\n",
              "3-3 UndefinedVar: the variable '$VERSON' is not set here (did you mean $VERSION?)\n"
              "3-3 UndefinedVar: the variable '$X' is not set here\n");
    check_own("FROM scratch\nEXPOSE 80 $PORT\n",
              "2-2 UndefinedVar: the variable '$PORT' is not set here\n");
}

/* An image that isn't known may set any variable, and be anywhere. */
static void test_unknown_base(void **state)
{
    check_own("FROM unknown AS a\nENV A=$B\nWORKDIR $C\nFROM a\nENV A=$B\n", "");
    check_own("FROM unknown\nWORKDIR rel\nCMD x\nUSER 1\n",
              "2-2 WorkdirRelativePath: 'rel' begins at the base image's folder, which may change\n"
              "3-3 JSONArgsRecommended: CMD is run by a shell, which passes on no signals\n");
}

static void test_windows(void **state)
{
    check_own("FROM --platform=$BUILDPLATFORM unknown AS a\nWORKDIR C:\\\\x\n"
              "FROM unknown AS windows\nWORKDIR D:/x\n",
              "2-2 WorkdirRelativePath: 'C:\\x' begins at the base image's folder, which may "
              "change\n"
              "4-4 WorkdirRelativePath: 'D:/x' begins at the base image's folder, which may "
              "change\n");
    check_own("FROM --platform=windows/amd64 unknown AS windows\nWORKDIR C:\\\\x\n", "");
}

static void test_texts(void **state)
{
    check_own("FROM scratch\nENV TOKEN x\nCMD [\"a\"]\nCMD [\"b\"]\nEXPOSE 1/UDP 1:2\nUSER 1\n"
              "HEALTHCHECK NONE\n",
              "2-2 LegacyKeyValueFormat: 'ENV TOKEN' has no equals sign\n"
              "2-2 SecretsUsedInArgOrEnv: ENV 'TOKEN' is named like a secret\n"
              "3-3 MultipleInstructionsDisallowed: CMD stands again in this stage, at line 4: this "
              "one does nothing\n"
              "5-5 ExposeProtoCasing: the protocol of '1/UDP' has capitals\n"
              "5-5 ExposeInvalidFormat: '1:2' names an address or a port of the host, which EXPOSE "
              "can't map\n");
    check_own("FROM checkarm\n",
              "1-1 InvalidBaseImagePlatform: checkarm is for linux/arm64, and linux/amd64 is built "
              "for\n");
}

/* No file makes a check grow beyond bounds. */
static void test_hostile(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "FROM scratch AS s0\n");
    for (int i = 0; i < 2000; i++) {
        ocib_buf_printf(&text, "ENV V%d=%0*d W=$U%d\n", i, 2000, i, i);
    }
    for (int i = 1; i < 300; i++) {
        ocib_buf_printf(&text, "FROM s%d AS s%d\n", i - 1, i);
    }
    AUTO_CHECKED c = {0};
    checked_make(&c, ocib_buf_str(&text), NULL, true);
    assert_int_equal(c.findings.len, OCIB_WARNINGS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unset),   cmocka_unit_test(test_unknown_base),
        cmocka_unit_test(test_windows), cmocka_unit_test(test_texts),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
