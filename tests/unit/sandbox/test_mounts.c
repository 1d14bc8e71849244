#include "sandbox/fixture.h"

static void test_devices_are_usable(void **state)
{
    fixture_says("echo x > /dev/null && cat /dev/null && head -c 3 /dev/zero | wc -c &&"
                 "head -c 5 /dev/random | wc -c && head -c 6 /dev/urandom | wc -c;"
                 "echo x 2>/dev/null > /dev/full || echo full",
                 "3\n5\n6\nfull\n");
    fixture_says("ls /dev | grep -v core",
                 "fd\nfull\nmqueue\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\n"
                 "tty\nurandom\nzero\n");
    fixture_says("test -e /proc/kcore && readlink /dev/core || test ! -L /dev/core && echo none",
                 access("/proc/kcore", F_OK) == 0 ? "/proc/kcore\n" : "none\n");
    fixture_says("test -c /dev/tty && test -c /dev/ptmx && test -d /dev/mqueue && echo yes",
                 "yes\n");
    fixture_says(
        "for n in null zero full random urandom tty; do stat -c %a /dev/$n; done | sort -u",
        "666\n");
}

/* With CAP_MKNOD a step may make nodes (for a layer), but none opens; changes of those that do open
 * stay in the step. */
static void test_devices_of_a_step_do_not_open(void **state)
{
    static const char *const folders[] = {"/tmp", "/dev", "/dev/shm"};
    for (size_t i = 0; i < OCIB_COUNT(folders); i++) {
        OCIB_AUTO_FREE char *command =
            ocib_format("mknod %s/n c 1 5 2>/dev/null || exit 0; head -c 1 %s/n; s=$?; rm %s/n; "
                        "test $s = 1",
                        folders[i], folders[i], folders[i]);
        assert_int_equal(fixture_shell(command), 0);
        assert_string_equal(fixture_output[1].data, "");
    }
    struct stat before;
    struct stat after;
    assert_int_equal(stat("/dev/null", &before), 0);
    fixture_shell("chmod 600 /dev/null; chown 1:1 /dev/null");
    assert_int_equal(stat("/dev/null", &after), 0);
    assert_int_equal(after.st_mode, before.st_mode);
    assert_int_equal(after.st_uid, before.st_uid);
    fixture_says("stat -c %a /dev/null", "666\n");
}

static void test_dev_is_writable(void **state)
{
    fixture_says("echo 1 > /dev/shm/x && cat /dev/shm/x && mkdir /dev/new && echo ok", "1\nok\n");
    fixture_says("stat -c %a /dev/shm /dev", "1777\n755\n");
    assert_int_equal(fixture_shell("dd if=/dev/zero of=/dev/shm/x bs=1M count=65 2>/dev/null"), 1);
}

static void test_terminals(void **state)
{
    fixture_says("exec 5<>/dev/ptmx && ls /dev/pts", "0\nptmx\n");
}

static void test_sys_is_read_only(void **state)
{
    assert_int_not_equal(
        fixture_shell("ls /sys/class >/dev/null && echo 1 > /sys/kernel/uevent_seqnum"), 0);
    assert_non_null(strstr(fixture_output[2].data, "Read-only file system"));
    fixture_says("grep -c ' /sys[^ ]* [^ ]* rw,' /proc/self/mountinfo; true", "0\n");
}

static void test_proc_is_limited(void **state)
{
    static const char *const closed[] = {"/proc/sys/kernel/hostname", "/proc/sysrq-trigger",
                                         "/proc/irq/default_smp_affinity"};
    for (size_t i = 0; i < OCIB_COUNT(closed); i++) {
        OCIB_AUTO_FREE char *command =
            ocib_format("test ! -e %s && exit 9; echo 1 > %s", closed[i], closed[i]);
        int status = fixture_shell(command);
        assert_true(status == 9 || status == 1 || status == 2);
        assert_true(status == 9 || strstr(fixture_output[2].data, "Read-only file system"));
    }
    fixture_says("for f in kcore keys latency_stats timer_list timer_stats sched_debug; do\n"
                 "test -e /proc/$f && cat /proc/$f; done\n"
                 "for d in acpi asound scsi; do test -e /proc/$d && ls -A /proc/$d; done\n"
                 "test -e /sys/firmware && ls -A /sys/firmware; echo end",
                 "end\n");
    fixture_says("echo a > /proc/self/comm; cat /proc/self/stat | cut -d' ' -f1 | grep -c .",
                 "1\n");
}

static void test_nothing_of_the_host_is_mounted(void **state)
{
    fixture_says("cut -d' ' -f5 /proc/self/mountinfo | grep -v -E '^/(proc|sys|dev)(/|$)'", "/\n");
    fixture_says("ls /; test -e /etc/hostname; echo $?",
                 "bin\ndev\netc\nproc\nsetid\nsys\ntmp\nwork\n1\n");
    fixture_says("ls /..; readlink /proc/self/root",
                 "bin\ndev\netc\nproc\nsetid\nsys\ntmp\nwork\n/\n");
}

static void test_host_sees_no_mount(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf before = {0};
    OCIB_AUTO_BUF struct ocib_buf after = {0};
    assert_int_equal(
        ocib_file_read(AT_FDCWD, "/proc/self/mountinfo", 1 << 20, &before, OCIB_ESTORE, NULL), 0);
    assert_int_equal(fixture_shell("true"), 0);
    assert_int_equal(
        ocib_file_read(AT_FDCWD, "/proc/self/mountinfo", 1 << 20, &after, OCIB_ESTORE, NULL), 0);
    assert_string_equal(before.data, after.data);
}

/* Replaces a mount point by a link and says how the step fails. */
static void expect_refusal(const char *name, const char *target, const char *message)
{
    const char *const argv[] = {"true", NULL};
    struct fixture_step s;
    struct ocib_step_result result;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FREE char *path = ocib_format("%s%s", fixture_path, name);
    assert_int_equal(rmdir(path), 0);
    if (target) {
        assert_int_equal(symlink(target, path), 0);
    }
    fixture_step_init(&s, argv);
    assert_int_equal(ocib_sandbox_run(fixture_sandbox, &s.step, &result, &err), -1);
    assert_string_equal(ocib_error_message(err), message);
    fixture_step_release(&s);
    unlink(path);
    assert_int_equal(mkdir(path, 0755), 0);
}

static void test_mount_points_are_no_links(void **state)
{
    expect_refusal("/proc", "/tmp", "can't mount on /proc: it is a symbolic link in the image");
    expect_refusal("/sys", "../../../..",
                   "can't mount on /sys: it is a symbolic link in the image");
    expect_refusal("/dev", "/", "can't mount on /dev: it is a symbolic link in the image");
    expect_refusal("/dev", NULL,
                   "can't open the mount point /dev of the step: No such file or directory");
}

/* Runs a shell command with some mounts; the exit status, or -1 with its message in *message. */
static int with_mounts(const struct ocib_step_mount *mounts, size_t count, const char *command,
                       char **message)
{
    const char *const argv[] = {"sh", "-c", command, NULL};
    struct fixture_step s;
    struct ocib_step_result result = {-1, -1};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    fixture_step_init(&s, argv);
    s.step.mounts = mounts;
    s.step.mount_count = count;
    int failed = ocib_sandbox_run(fixture_sandbox, &s.step, &result, &err);
    if (failed && message) {
        *message = ocib_strdup(ocib_error_message(err));
    }
    fixture_step_release(&s);
    return failed ? -1 : result.exit_status;
}

static int new_tmpfs(unsigned attributes)
{
    static const char *const options[] = {"mode=750", NULL};
    int fd = ocib_mount_new("tmpfs", options, attributes);
    assert_true(fd >= 0);
    return fd;
}

/* Nested ones, one below a link, one in /dev; none can be undone, and descriptors stay out. */
static void test_own_mounts(void **state)
{
    OCIB_AUTO_FD int one = new_tmpfs(0);
    OCIB_AUTO_FD int two = new_tmpfs(OCIB_MOUNT_RDONLY);
    OCIB_AUTO_FD int three = new_tmpfs(0);
    const struct ocib_step_mount mounts[] = {
        {one, "/lnk"}, {two, "/lnk/a/b"}, {three, "/dev/pipes"}};
    OCIB_AUTO_FREE char *link = ocib_format("%s/lnk", fixture_path);
    assert_int_equal(symlink("/work", link), 0);
    int status = with_mounts(mounts, OCIB_COUNT(mounts),
                             "stat -c %a /work /work/a /work/a/b /dev/pipes; touch /work/x && "
                             "! touch /work/a/b/x && ! umount /work/a/b && touch /dev/pipes/y && "
                             "test ! -e /proc/self/fd/5 && ls /work",
                             NULL);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(status, 0);
    assert_string_equal(fixture_output[1].data, "750\n755\n750\n750\na\nx\n");
    fixture_says("ls -A /work", "");
}

static void test_own_mounts_that_fail(void **state)
{
    OCIB_AUTO_FD int one = new_tmpfs(OCIB_MOUNT_RDONLY);
    OCIB_AUTO_FD int two = new_tmpfs(0);
    const struct ocib_step_mount missing[] = {{two, "/work/none"}};
    const struct ocib_step_mount nested[] = {{one, "/work"}, {two, "/work/x"}};
    const struct ocib_step_mount file[] = {{two, "/etc/passwd"}};
    OCIB_AUTO_FREE char *first = NULL;
    OCIB_AUTO_FREE char *second = NULL;
    OCIB_AUTO_FREE char *third = NULL;
    assert_int_equal(with_mounts(missing, 1, "true", &first), -1);
    assert_string_equal(first, "can't make the mount point /work/none of the step: "
                               "No such file or directory");
    assert_int_equal(with_mounts(nested, 2, "true", &second), -1);
    assert_string_equal(second, "can't make the mount point /work/x of the step: "
                                "Read-only file system");
    assert_int_equal(with_mounts(file, 1, "true", &third), -1);
    assert_string_equal(third, "can't mount a folder on /etc/passwd, which is a file");
}

static void test_core_files_have_no_back_door(void **state)
{
    assert_int_not_equal(fixture_shell("mount -t tmpfs x /tmp"), 0);
    assert_int_not_equal(fixture_shell("umount /proc/kcore"), 0);
    assert_int_not_equal(fixture_shell("mount -o remount,rw /sys"), 0);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_devices_are_usable),
        cmocka_unit_test(test_devices_of_a_step_do_not_open),
        cmocka_unit_test(test_dev_is_writable),
        cmocka_unit_test(test_terminals),
        cmocka_unit_test(test_sys_is_read_only),
        cmocka_unit_test(test_proc_is_limited),
        cmocka_unit_test(test_nothing_of_the_host_is_mounted),
        cmocka_unit_test(test_host_sees_no_mount),
        cmocka_unit_test(test_mount_points_are_no_links),
        cmocka_unit_test(test_own_mounts),
        cmocka_unit_test(test_own_mounts_that_fail),
        cmocka_unit_test(test_core_files_have_no_back_door),
    };
    return cmocka_run_group_tests_name("mounts", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    return fixture_main(tests);
}
