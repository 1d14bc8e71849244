#include "check_test.h"

static void test_files(void **state)
{
    check_own("FROM a\nADD x y dir/ /d/\nADD . /d\nADD <<E /d\nE\n",
              "2-2 AddInsteadOfCopy: nothing of this ADD is remote or an archive: COPY does the "
              "same\n"
              "3-3 AddInsteadOfCopy: nothing of this ADD is remote or an archive: COPY does the "
              "same\n"
              "4-5 AddInsteadOfCopy: nothing of this ADD is remote or an archive: COPY does the "
              "same\n");
}

static void test_meant(void **state)
{
    check_own("FROM a\nARG V=1\nADD a.tar.GZ /\nADD b.tgz x /\nADD https://h/x /x\n"
              "ADD git@h:r.git /r\nADD --checksum=sha256:00 x /\nADD --unpack=true x /\n"
              "ADD --keep-git-dir=true https://h/r.git /\nADD pack-$V /\nADD rootfs* /\n",
              "");
}

static void test_unneeded_stage(void **state)
{
    check_own("FROM a AS x\nFROM a AS y\nADD f /\n# test: target x\n", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_meant),
        cmocka_unit_test(test_unneeded_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
