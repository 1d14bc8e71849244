#include "sandbox/supervise.h"

#include "sandbox/fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/sysmacros.h>

/* What a step gives away, it sees, and so does the builder. */
static void test_owners(void **state)
{
    struct stat st;
    char text[16];
    fixture_says("cd /work && echo x > f && chown 33:44 f && stat -c %u:%g f && ln -s f l &&"
                 "chown -h 5:6 l && stat -c %u:%g:%s l && readlink l && mkdir d && chown 7:8 d &&"
                 "ln f g && stat -c %u:%g g",
                 "33:44\n5:6:1\nf\n33:44\n");
    OCIB_AUTO_FREE char *file = ocib_format("%s/work/f", fixture_path);
    OCIB_AUTO_FREE char *link = ocib_format("%s/work/l", fixture_path);
    OCIB_AUTO_FREE char *folder = ocib_format("%s/work/d", fixture_path);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_uid, 33);
    assert_int_equal(st.st_gid, 44);
    assert_int_equal(lstat(link, &st), 0);
    assert_int_equal(st.st_uid, 5);
    assert_int_equal(st.st_size, 1);
    assert_int_equal(readlink(link, text, sizeof(text)), 1);
    assert_int_equal(chown(folder, 70, 80), 0);
    fixture_says("stat -c %u:%g /work/d", "70:80\n");
}

static void test_device(void **state)
{
    struct stat st;
    fixture_says("mknod /work/null c 1 3 && stat -c '%F %t,%T' /work/null",
                 "character special file 1,3\n");
    OCIB_AUTO_FREE char *path = ocib_format("%s/work/null", fixture_path);
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
}

/* A step of a user, with groups. */
static void test_user(void **state)
{
    static const gid_t groups[] = {1000, 50};
    const char *const argv[] = {
        "sh", "-c", "id -u; id -g; id -G; touch /tmp/mine; stat -c %u:%g /tmp/mine", NULL};
    struct fixture_step s;
    fixture_step_init(&s, argv);
    s.step.uid = s.step.gid = 1000;
    s.step.groups = groups;
    s.step.group_count = OCIB_COUNT(groups);
    assert_int_equal(fixture_run(&s), 0);
    assert_string_equal(fixture_output[1].data, "1000\n1000\n1000 50\n1000:1000\n");
    fixture_step_release(&s);
    fixture_says("id -u", "0\n"); /* the next step begins anew */
}

/* Nothing that a step does reaches its supervisor. */
static void test_attacks(void **state)
{
    /* All processes but its init: the step ends by that, and its init tells. */
    assert_int_equal(fixture_shell("sh -c 'kill -9 1; kill -9 -1'; true"), 137);
    assert_int_equal(fixture_shell("kill -9 1; touch /work/k && chown 1:2 /work/k &&"
                                   "test $(stat -c %u /work/k) = 1"),
                     0);
    assert_int_not_equal(fixture_shell("cat /proc/1/mem || head -c 1 /proc/1/maps"), 0);
    assert_int_not_equal(fixture_shell("readlink /proc/1/fd/3 || cat /proc/1/fd/3"), 0);
}

/* What a step has of capabilities is what it has in the other modes. */
static void test_capabilities(void **state)
{
    fixture_says("grep -e CapPrm -e CapEff -e CapBnd /proc/self/status | cut -f2 | sort -u",
                 "00000000a80425fb\n");
}

static void test_missing_command(void **state)
{
    const char *const argv[] = {"/nothing", NULL};
    struct fixture_step s;
    fixture_step_init(&s, argv);
    assert_int_equal(fixture_run(&s), 127);
    fixture_step_release(&s);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_owners),       cmocka_unit_test(test_device),
        cmocka_unit_test(test_user),         cmocka_unit_test(test_attacks),
        cmocka_unit_test(test_capabilities), cmocka_unit_test(test_missing_command),
    };
    return cmocka_run_group_tests(list, NULL, NULL);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    return fixture_tests_in(OCIB_SANDBOX_SINGLE, tests);
}
