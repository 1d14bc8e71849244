#include "check_test.h"

#define USER_CMD   "MissingUser: CMD runs as root: no USER stands above it\n"
#define USER_ENTRY "MissingUser: ENTRYPOINT runs as root: no USER stands above it\n"
#define HEALTH                                                                                     \
    "MissingHealthcheck: a port is exposed, and no HEALTHCHECK says whether it is served\n"

static void test_missing_user(void **state)
{
    check_own("FROM scratch\nCMD [\"x\"]\n", "2-2 " USER_CMD);
    check_own("FROM scratch\nENTRYPOINT [\"x\"]\nCMD [\"y\"]\n", "2-2 " USER_ENTRY);
    check_own("FROM scratch AS a\nCMD [\"x\"]\nFROM a\nCOPY y /\n", "2-2 " USER_CMD);
    check_own("FROM scratch\nUSER app\nRUN [\"x\"]\nUSER 0:0\nCMD [\"x\"]\n",
              "4-4 MissingUser: CMD runs as root: this is the last USER\n");
}

static void test_user_is_there(void **state)
{
    check_own("FROM scratch\nUSER 1000\nCMD [\"x\"]\n", "");
    check_own("FROM scratch\nCMD [\"x\"]\nUSER $APP\nARG APP\n",
              "3-3 UndefinedVar: the variable '$APP' is not set here\n");
    check_own("FROM scratch AS a\nUSER 1000\nFROM a\nCMD [\"x\"]\n", "");
    /* The base's config has one. */
    check_own("FROM checkrich\nCMD [\"x\"]\n", "");
    check_own("FROM checkrich\nUSER root\nCMD [\"x\"]\n",
              "2-2 MissingUser: CMD runs as root: this is the last USER\n");
}

static void test_user_does_not_matter(void **state)
{
    /* A base for others, a folder of files, a stage that is only copied from. */
    check_own("FROM busybox\nRUN echo\n", "");
    check_own("FROM scratch\nCOPY x /\n", "");
    check_own("FROM scratch AS a\nCMD [\"x\"]\nFROM scratch\nCOPY --from=a /x /\n", "");
    /* What drops root by itself. */
    check_own("FROM busybox\nCMD [\"/usr/sbin/nginx\", \"-g\", \"daemon off;\"]\n", "");
    check_own("FROM busybox\nRUN apk add --no-cache su-exec\nENTRYPOINT [\"/entry\"]\n", "");
    check_own("FROM busybox\nENTRYPOINT [\"gosu\", \"app\", \"x\"]\n", "");
}

static void test_healthcheck(void **state)
{
    check_own("FROM scratch\nUSER 1\nEXPOSE 80\nCMD [\"x\"]\n", "3-3 " HEALTH);
    check_own("FROM scratch\nUSER 1\nEXPOSE 80\nHEALTHCHECK NONE\nCMD [\"x\"]\n", "");
    check_own("FROM scratch AS a\nUSER 1\nHEALTHCHECK CMD [\"x\"]\nFROM a\nEXPOSE 80\n"
              "CMD [\"x\"]\n",
              "");
    check_own("FROM checkrich\nEXPOSE 80\nCMD [\"x\"]\n", "");
    check_own("FROM scratch\nUSER 1\nCMD [\"x\"]\n", "");
    check_own("FROM scratch\nEXPOSE 80\n", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missing_user),
        cmocka_unit_test(test_user_is_there),
        cmocka_unit_test(test_user_does_not_matter),
        cmocka_unit_test(test_healthcheck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
