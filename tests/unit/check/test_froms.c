#include "check_test.h"

static void test_undeclared(void **state)
{
    check_own(
        "ARG VERSION=1\nFROM busybox:$VERSON\n",
        "2-2 UndefinedArgInFrom: no ARG before the first FROM declares 'VERSON' (did you mean "
        "VERSION?)\n"
        "2-2 InvalidDefaultArgInFrom: without build args 'busybox:$VERSON' comes to "
        "'busybox:', which is no image\n");
    check_own("FROM --platform=$TARGETPLATFROM$BUILDPLATFORM busybox\n",
              "1-1 UndefinedArgInFrom: no ARG before the first FROM declares 'TARGETPLATFROM' (did "
              "you mean TARGETPLATFORM?)\n");
}

static void test_defaults(void **state)
{
    check_own("ARG T\nFROM busybox:$T\n# test: arg T=1\n",
              "2-2 InvalidDefaultArgInFrom: without build args 'busybox:$T' comes to 'busybox:', "
              "which is no image\n");
    check_own("ARG T=1\nARG I=busybox:${T}\nFROM $I\n", "");
}

static void test_platform(void **state)
{
    check_own("FROM --platform=$TARGETPLATFORM busybox\n",
              "1-1 RedundantTargetPlatform: --platform=$TARGETPLATFORM is the default\n");
    check_own("FROM --platform=linux/arm64 unknown AS x86\n",
              "1-1 FromPlatformFlagConstDisallowed: --platform is the constant 'linux/arm64'\n");
    check_own("FROM --platform=linux/arm64 scratch AS for-ARM64\n",
              "1-1 StageNameCasing: the stage name 'for-ARM64' has capitals\n");
}

/* Without a plan only the texts are looked at. */
static void test_unplanned(void **state)
{
    check_own("FROM $NOTHING as a\nCMD x\n",
              "1-1 FromAsCasing: 'as' is not in the case of 'FROM'\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_undeclared),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_platform),
        cmocka_unit_test(test_unplanned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
