#include "check_test.h"

#define APT                                                                                        \
    "PackageListsLeft: what 'apt-get update' keeps in /var/lib/apt/lists stays in the image\n"
#define APK "PackageListsLeft: what 'apk add' keeps in /var/cache/apk stays in the image\n"
#define DNF "PackageListsLeft: what 'dnf install' keeps in /var/cache/dnf stays in the image\n"

static void test_left(void **state)
{
    check_own("FROM a\nRUN apt-get update && \\\n  apt-get install -y x\n", "2-3 " APT);
    check_own("FROM a\nRUN apt-get update -y\nRUN rm -rf /var/lib/apt/lists/*\n", "2-2 " APT);
    check_own("FROM a\nRUN <<E\nset -e\nif true; then apt-get update; fi\nE\n", "2-5 " APT);
    check_own("FROM a\nRUN bash -e <<E\nsudo DEBIAN_FRONTEND=x apt-get update\nE\n", "2-4 " APT);
    check_own("FROM a\nRUN [\"sh\", \"-c\", \"apt-get update; true\"]\n", "2-2 " APT);
    check_own("FROM a\nRUN apk add x\n", "2-2 " APK);
    check_own("FROM a\nRUN dnf install -y x && dnf clean all && dnf install -y y\n", "2-2 " DNF);
    check_own("FROM a\nRUN --mount=type=cache,target=/var/cache/apt apt-get update\n", "2-2 " APT);
}

static void test_not_left(void **state)
{
    check_own("FROM a\nRUN apt-get update && apt-get install -y x && rm -rf "
              "/var/lib/apt/lists/* /tmp/*\n",
              "");
    check_own("FROM a\nRUN apt-get update; rm -r /var/lib/apt\n", "");
    check_own("FROM a\nRUN --mount=type=cache,target=/var/lib/apt,sharing=locked apt-get update\n",
              "");
    check_own("FROM a\nRUN --mount=type=tmpfs,dst=/var/lib/apt/lists/ apt-get update\n", "");
    check_own("FROM a\nRUN apk add --no-cache x\n", "");
    check_own("FROM a\nRUN apk -U add x && rm -rf /var/cache/apk/*\n", "");
    check_own("FROM a\nRUN dnf -y install x && dnf clean all\n", "");
    check_own("FROM a\nRUN yum install -y x && rm -rf /var/cache/yum\n", "");
    check_own("FROM a\nRUN echo 'apt-get update' # ; apt-get update\n", "");
    check_own("FROM a\nRUN cat <<E > /script\napt-get update\nE\n", "");
}

/* What is not in the image costs nobody anything. */
static void test_other_stage(void **state)
{
    check_own("FROM a AS build\nRUN apt-get update\nFROM a\nCOPY --from=build /x /\n", "");
    check_own("FROM a AS base\nRUN apt-get update\nFROM base\nCOPY x /\n", "2-2 " APT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_left),
        cmocka_unit_test(test_not_left),
        cmocka_unit_test(test_other_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
