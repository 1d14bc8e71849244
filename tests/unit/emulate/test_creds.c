#include "emulate/creds.h"

#include "emulate/fixture.h"

static struct ocib_creds of(uid_t uid)
{
    struct ocib_creds creds;
    ocib_creds_init(&creds, uid, uid, FIXTURE_CAPS);
    return creds;
}

static void assert_ids(const struct ocib_ids *ids, uint32_t real, uint32_t effective,
                       uint32_t saved, uint32_t fs)
{
    assert_int_equal(ids->real, real);
    assert_int_equal(ids->effective, effective);
    assert_int_equal(ids->saved, saved);
    assert_int_equal(ids->fs, fs);
}

static void test_setuid_of_root(void **state)
{
    struct ocib_creds c = of(0);
    assert_int_equal(ocib_creds_setuid(&c, 33), 0);
    assert_ids(&c.uid, 33, 33, 33, 33);
    assert_int_equal(c.permitted, 0);
    assert_int_equal(ocib_creds_setuid(&c, 0), -EPERM);
    assert_int_equal(ocib_creds_setgid(&c, 1), -EPERM);
    assert_int_equal(ocib_creds_setgroups(&c, NULL, 0), -EPERM);
    assert_int_equal(ocib_creds_setuid(&c, 33), 0);
    assert_int_equal(ocib_creds_setuid(&c, (uid_t)-1), -EINVAL);
}

/* Down for a while and back, as apt and su do. */
static void test_saved_id(void **state)
{
    struct ocib_creds c = of(0);
    assert_int_equal(ocib_creds_setresuid(&c, (uid_t)-1, 100, (uid_t)-1), 0);
    assert_ids(&c.uid, 0, 100, 0, 100);
    assert_int_equal(c.effective, 0);
    assert_int_equal(c.permitted, FIXTURE_CAPS);
    assert_int_equal(ocib_creds_setresuid(&c, (uid_t)-1, 0, (uid_t)-1), 0);
    assert_int_equal(c.effective, FIXTURE_CAPS);
    assert_int_equal(ocib_creds_setreuid(&c, 5, 6), 0);
    assert_ids(&c.uid, 5, 6, 6, 6);
    assert_int_equal(ocib_creds_setreuid(&c, 6, 5), 0);
    assert_ids(&c.uid, 6, 5, 5, 5);
    assert_int_equal(ocib_creds_setresuid(&c, 7, (uid_t)-1, (uid_t)-1), -EPERM);
}

static void test_groups(void **state)
{
    struct ocib_creds c = of(0);
    const gid_t groups[] = {9, 3};
    assert_int_equal(ocib_creds_setgroups(&c, groups, 2), 0);
    assert_int_equal(c.group_count, 2);
    assert_int_equal(c.groups[0], 3);
    assert_int_equal(ocib_creds_setregid(&c, (gid_t)-1, 4), 0);
    assert_ids(&c.gid, 0, 4, 4, 4);
    assert_int_equal(ocib_creds_setresgid(&c, 1, 2, 3), 0);
    assert_ids(&c.gid, 1, 2, 3, 2);
    assert_int_equal(c.permitted, FIXTURE_CAPS);
    assert_int_equal(ocib_creds_setgroups(&c, groups, OCIB_GROUPS_MAX + 1), -EINVAL);
    assert_int_equal(ocib_creds_setfsgid(&c, 77), 2);
    assert_int_equal(c.gid.fs, 77);
    assert_int_equal(ocib_creds_setfsuid(&c, 78), 0);
    assert_int_equal(c.uid.fs, 78);
}

static void test_capabilities(void **state)
{
    struct ocib_creds c = of(0);
    c.keep_caps = true;
    assert_int_equal(ocib_creds_setuid(&c, 33), 0);
    assert_int_equal(c.effective, 0);
    assert_int_equal(c.permitted, FIXTURE_CAPS);
    assert_int_equal(ocib_creds_capset(&c, 1, 1, 0), 0);
    assert_int_equal(ocib_creds_capset(&c, 2, 2, 0), -EPERM);
    assert_int_equal(ocib_creds_capset(&c, 1, 0, 0), -EPERM);
    assert_true(ocib_creds_can(&c, CAP_CHOWN));
}

static void test_exec(void **state)
{
    struct ocib_creds c = of(1000);
    ocib_creds_exec(&c, S_ISUID | 0755, 0, 0, FIXTURE_CAPS);
    assert_ids(&c.uid, 1000, 0, 0, 0);
    assert_int_equal(c.effective, FIXTURE_CAPS);
    ocib_creds_exec(&c, S_ISGID | 0755, 0, 7, FIXTURE_CAPS);
    assert_ids(&c.gid, 1000, 7, 7, 7);
    c = of(1000);
    ocib_creds_exec(&c, S_ISGID | 0744, 0, 7, FIXTURE_CAPS);
    assert_ids(&c.gid, 1000, 1000, 1000, 1000);
    ocib_creds_exec(&c, 0755, 0, 0, FIXTURE_CAPS);
    assert_int_equal(c.permitted, 0);
}

static void test_chown(void **state)
{
    struct ocib_creds c = of(1000);
    const gid_t groups[] = {50};
    struct stat own = {.st_uid = 1000, .st_gid = 1000};
    struct stat other = {.st_uid = 0, .st_gid = 0};
    c.group_count = 1;
    c.groups[0] = groups[0];
    assert_int_equal(ocib_creds_may_chown(&c, &own, (uid_t)-1, 50), 0);
    assert_int_equal(ocib_creds_may_chown(&c, &own, 1000, 1000), 0);
    assert_int_equal(ocib_creds_may_chown(&c, &own, 1001, (gid_t)-1), -EPERM);
    assert_int_equal(ocib_creds_may_chown(&c, &own, (uid_t)-1, 51), -EPERM);
    assert_int_equal(ocib_creds_may_chown(&c, &other, (uid_t)-1, (gid_t)-1), 0);
    assert_int_equal(ocib_creds_may_chown(&c, &other, (uid_t)-1, 50), -EPERM);
    c = of(0);
    assert_int_equal(ocib_creds_may_chown(&c, &other, 5, 5), 0);
}

/* The kernel keeps the number, and hands it on. */
static void test_table(void **state)
{
    struct ocib_creds_table table = {0};
    struct ocib_creds root = of(0);
    struct ocib_creds user = of(33);
    struct rlimit limit;
    int status;
    assert_int_equal(ocib_creds_table_number(&table, &root), 0);
    assert_int_equal(ocib_creds_get(&table, getpid())->uid.real, 0);
    assert_int_equal(ocib_creds_set(&table, getpid(), &user), 0);
    assert_int_equal(ocib_creds_get(&table, getpid())->uid.real, 33);
    pid_t pid = fork();
    if (pid == 0) {
        _exit((int)ocib_creds_get(&table, getpid())->uid.real);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 33);
    assert_int_equal(ocib_creds_set(&table, getpid(), &root), 0);
    assert_int_equal(getrlimit(RLIMIT_LOCKS, &limit), 0);
    assert_true(limit.rlim_cur == limit.rlim_max);
    limit.rlim_cur = 12345; /* a number that nobody gave */
    assert_int_equal(setrlimit(RLIMIT_LOCKS, &limit), 0);
    assert_int_equal(ocib_creds_get(&table, getpid())->uid.real, 0);
    assert_int_equal(ocib_creds_table_number(&table, &user), 1);
    ocib_creds_table_release(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_setuid_of_root), cmocka_unit_test(test_saved_id),
        cmocka_unit_test(test_groups),         cmocka_unit_test(test_capabilities),
        cmocka_unit_test(test_exec),           cmocka_unit_test(test_chown),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
