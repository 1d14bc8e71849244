#include "sandbox/fixture.h"
#include "sandbox/userns.h"

#include <errno.h>

/* What a process has before and after it enters: files, folder, identity seen from inside. */
static int enter_and_look(void)
{
    uid_t uid = 0;
    gid_t gid = 0;
    bool joined = false;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    if (geteuid() == 0) {
        if (!fixture_find_user(&uid, &gid) || setgid(gid) < 0 || setuid(uid) < 0) {
            return FIXTURE_SKIPPED;
        }
        prctl(PR_SET_DUMPABLE, 1);
    }
    char folder[64];
    snprintf(folder, sizeof(folder), "/tmp/sandbox-userns-%ld", (long)getpid());
    if (mkdir(folder, 0700) < 0 || chdir(folder) < 0) {
        return 2;
    }
    OCIB_AUTO_FD int file = open("before", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (ocib_userns_enter(&joined, &err) < 0) {
        print_message("SKIPPED: %s\n", ocib_error_message(err));
        rmdir(folder);
        return joined ? 3 : FIXTURE_SKIPPED;
    }
    struct stat st;
    char cwd[64] = "";
    bool same_place = getcwd(cwd, sizeof(cwd)) && strcmp(cwd, folder) == 0;
    bool root_inside = getuid() == 0 && geteuid() == 0 && getgid() == 0 && joined;
    bool file_is_ours = write(file, "x", 1) == 1 && fstat(file, &st) == 0 && st.st_uid == 0;
    bool can_chown =
        fchown(file, 33, 34) == 0 && fstat(file, &st) == 0 && st.st_uid == 33 && st.st_gid == 34;
    OCIB_AUTO_FD int self = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
    bool no_child = waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
    bool cleaned = unlink("before") == 0 && rmdir(folder) == 0;
    return same_place && root_inside && file_is_ours && can_chown && self >= 0 && no_child &&
                   cleaned
               ? 0
               : 1;
}

/* newuidmap gets no privilege here: said as it says it, and the process stays as it was. */
static int fail_late(void)
{
    uid_t uid = getuid();
    gid_t gid = 0;
    bool joined = true;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    if (uid == 0 && (!fixture_find_user(&uid, &gid) || setgid(gid) < 0 || setuid(uid) < 0)) {
        return FIXTURE_SKIPPED;
    }
    prctl(PR_SET_DUMPABLE, 1);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (ocib_userns_enter(&joined, &err) == 0) {
        return 2;
    }
    print_message("%s\n", ocib_error_message(err));
    bool told = strstr(ocib_error_message(err), "newuidmap failed: newuidmap: ") ||
                strstr(ocib_error_message(err), "can't make a user namespace") ||
                strstr(ocib_error_message(err), "can't execute /usr/bin/newuidmap");
    bool as_before = !joined && getuid() == uid && waitpid(-1, NULL, WNOHANG) < 0;
    bool helps = ocib_error_hint(err) && (!strstr(ocib_error_message(err), "newuidmap failed") ||
                                          strstr(ocib_error_hint(err), "no_new_privs is set"));
    return told && helps && as_before ? 0 : 1;
}

static int in_child(int (*body)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(body());
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_entering(void **state)
{
    int result = in_child(enter_and_look);
    if (result == FIXTURE_SKIPPED) {
        skip();
    }
    assert_int_equal(result, 0);
}

static void test_failing(void **state)
{
    int result = in_child(fail_late);
    if (result == FIXTURE_SKIPPED) {
        skip();
    }
    assert_int_equal(result, 0);
}

/* Steps and what they leave behind, seen from both sides of the map. */
static int mapped_owner(void)
{
    if (ocib_sandbox_mode(fixture_sandbox) != OCIB_SANDBOX_USERNS) {
        return 0;
    }
    struct stat st;
    OCIB_AUTO_FREE char *path = ocib_format("%s/work/owned", fixture_path);
    assert_int_equal(fixture_shell("touch /work/owned; chown 42:43 /work/owned"), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_uid, 42);
    assert_int_equal(st.st_gid, 43);
    return unlink(path);
}

static void test_owner(void **state)
{
    assert_int_equal(mapped_owner(), 0);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_owner),
    };
    return cmocka_run_group_tests_name("userns", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_entering),
        cmocka_unit_test(test_failing),
    };
    int failed = cmocka_run_group_tests_name("entering", list, NULL, NULL);
    return failed ? failed : fixture_main(tests);
}
