#include "sandbox/fixture.h"

#include <signal.h>

/* Runs a command without a shell around it. */
static int run(const char *const *argv, const char *path)
{
    struct fixture_step s;
    fixture_step_init(&s, argv);
    if (path) {
        ocib_env_set(&s.env, "PATH", path);
    } else {
        ocib_strings_clear(&s.env);
    }
    int status = fixture_run(&s);
    fixture_step_release(&s);
    return status;
}

static int run_one(const char *name, const char *path)
{
    const char *const argv[] = {name, NULL};
    return run(argv, path);
}

static void test_not_found(void **state)
{
    assert_int_equal(run_one("nothing", "/bin:/work"), 127);
    assert_string_equal(fixture_output[2].data, "ocib: can't execute nothing: not found in PATH\n");
    assert_int_equal(run_one("/bin/nothing", "/bin"), 127);
    assert_string_equal(fixture_output[2].data, "ocib: can't execute /bin/nothing: no such file\n");
    assert_int_equal(run_one("/bin/true/x", "/bin"), 127);
    assert_int_equal(run_one("", "/bin"), 127);
}

static void test_not_executable(void **state)
{
    fixture_write("work/data", "text\n", 0644);
    fixture_write("work/script", "echo no shebang\n", 0755);
    fixture_write("work/foreign", "#!/no/such/interpreter\n", 0755);
    assert_int_equal(run_one("/work/data", "/bin"), 126);
    assert_string_equal(fixture_output[2].data,
                        "ocib: can't execute /work/data: permission denied\n");
    assert_int_equal(run_one("data", "/work:/bin"), 126);
    assert_int_equal(run_one("/work", "/bin"), 126);
    assert_string_equal(fixture_output[2].data, "ocib: can't execute /work: it is a folder\n");
    assert_int_equal(run_one("/work/script", "/bin"), 126);
    assert_non_null(strstr(fixture_output[2].data, "exec format error"));
    assert_int_equal(run_one("/work/foreign", "/bin"), 127);
    assert_non_null(strstr(fixture_output[2].data, "its interpreter"));
}

static void test_search(void **state)
{
    fixture_write("work/greet", "#!/bin/sh\necho work\n", 0755);
    fixture_write("tmp/greet", "#!/bin/sh\necho tmp\n", 0755);
    fixture_write("etc/greet", "not executable\n", 0644);
    assert_int_equal(run_one("greet", "/tmp:/work"), 0);
    assert_string_equal(fixture_output[1].data, "tmp\n");
    assert_int_equal(run_one("greet", "/absent:/etc:/work:/tmp"), 0);
    assert_string_equal(fixture_output[1].data, "work\n");
    assert_int_equal(run_one("true", NULL), 0); /* the default PATH has /bin */
    assert_int_equal(run_one("true", ""), 127);
}

static void test_ids(void **state)
{
    const char *const argv[] = {"sh", "-c", "id -u; id -g; id -G", NULL};
    const gid_t groups[] = {50, 60};
    struct fixture_step s;
    fixture_says("id -u; id -g; id -G", "0\n0\n0\n");
    fixture_step_init(&s, argv);
    s.step.uid = 1000;
    s.step.gid = 1001;
    s.step.groups = groups;
    s.step.group_count = 2;
    assert_int_equal(fixture_run(&s), 0);
    assert_string_equal(fixture_output[1].data, "1000\n1001\n1001 50 60\n");
    fixture_step_release(&s);
}

static void test_id_out_of_range(void **state)
{
    const char *const argv[] = {"true", NULL};
    struct fixture_step s;
    struct ocib_step_result result;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    if (ocib_sandbox_mode(fixture_sandbox) != OCIB_SANDBOX_USERNS) {
        return;
    }
    fixture_step_init(&s, argv);
    s.step.uid = 4000000000U;
    assert_int_equal(ocib_sandbox_run(fixture_sandbox, &s.step, &result, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EBUILD);
    assert_string_equal(ocib_error_message(err),
                        "can't run as user 4000000000:0: Invalid argument");
    assert_non_null(strstr(ocib_error_hint(err), "/etc/subuid"));
    fixture_step_release(&s);
}

static void test_ownership(void **state)
{
    fixture_says("cd /tmp; touch o; chown 33:33 o; stat -c %u:%g o; rm o", "33:33\n");
    assert_int_equal(fixture_shell_as("touch /etc/mine", 1000), 1);
}

static void test_surroundings(void **state)
{
    const char *const argv[] = {
        "sh", "-c", "pwd; umask; cat; tty; echo $$ $(cut -d' ' -f6 /proc/$$/stat)", NULL};
    struct fixture_step s;
    fixture_step_init(&s, argv);
    s.step.cwd = "/work";
    assert_int_equal(fixture_run(&s), 0);
    assert_string_equal(fixture_output[1].data, "/work\n0022\nnot a tty\n2 2\n");
    fixture_step_release(&s);
}

static void test_descriptors(void **state)
{
    int leak = open("/etc/passwd", O_RDONLY);                   /* without close-on-exec */
    fixture_says("ls /proc/self/fd | sort -n", "0\n1\n2\n3\n"); /* 3 is the listed folder */
    fixture_says("readlink /proc/self/fd/0", "/dev/null\n");
    close(leak);
}

static void test_signals(void **state)
{
    const char *const argv[] = {"grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status", NULL};
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    assert_int_equal(run(argv, "/bin"), 0);
    signal(SIGPIPE, before);
    assert_string_equal(fixture_output[1].data,
                        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"
                        "SigCgt:\t0000000000000000\n");
}

static void test_user_can_open_its_output(void **state)
{
    assert_int_equal(fixture_shell_as("echo out > /dev/stdout; echo err > /dev/stderr", 1000), 0);
    assert_string_equal(fixture_output[1].data, "out\n");
    assert_string_equal(fixture_output[2].data, "err\n");
}

static void test_no_core_of_privilege(void **state)
{
#ifndef OCIB_HAVE_SECCOMP
    skip();
#endif
    fixture_says("grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status",
                 "NoNewPrivs:\t0\nSeccomp:\t2\n");
}

static void test_su_works(void **state)
{
    /* busybox su: from root to a user, and, set-uid root, from a user without password to root. */
    fixture_says("su alice -c 'id -u'", "1000\n");
    fixture_copy(fixture_busybox(), "setid/su", 04755);
    assert_int_equal(
        fixture_shell_as("/setid/su root -c 'id -u; grep CapEff /proc/self/status'", 1000), 0);
    assert_non_null(strstr(fixture_output[1].data, "0\nCapEff:\t00000000a80425fb\n"));
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_not_found),
        cmocka_unit_test(test_not_executable),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_id_out_of_range),
        cmocka_unit_test(test_ownership),
        cmocka_unit_test(test_surroundings),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_user_can_open_its_output),
        cmocka_unit_test(test_no_core_of_privilege),
        cmocka_unit_test(test_su_works),
    };
    return cmocka_run_group_tests_name("command", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    return fixture_main(tests);
}
