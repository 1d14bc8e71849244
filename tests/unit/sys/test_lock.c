#include "sys/fixture.h"
#include "sys/lock.h"

#include <signal.h>
#include <sys/wait.h>

static void test_shared_by_many(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FD int one = ocib_lock(temporary, "l", false, NULL);
    OCIB_AUTO_FD int two = ocib_lock(temporary, "l", false, NULL);
    assert_true(one >= 0 && two >= 0);
    assert_int_equal(ocib_lock_try(temporary, "l", true, &err), -1);
    assert_null(err);
}

static void test_exclusive(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    int one = ocib_lock(temporary, "l", true, NULL);
    assert_true(one >= 0);
    assert_int_equal(ocib_lock_try(temporary, "l", false, &err), -1);
    assert_null(err);
    close(one);
    OCIB_AUTO_FD int two = ocib_lock_try(temporary, "l", true, &err);
    assert_true(two >= 0);
}

/* Whoever waits gets the lock when its holder is killed. */
static void test_released_by_death(void **state)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int held = ocib_lock(temporary, "d", true, NULL);
        (void)!write(ready[1], held >= 0 ? "y" : "n", 1);
        pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    assert_int_equal(ocib_lock_try(temporary, "d", false, NULL), -1);
    kill(pid, SIGKILL);
    OCIB_AUTO_FD int mine = ocib_lock(temporary, "d", true, NULL);
    assert_true(mine >= 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(ready[0]);
    close(ready[1]);
}

static void test_no_place(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_lock(temporary, "no/l", true, &err), -1);
    assert_string_equal(ocib_error_message(err),
                        "can't open lock file no/l: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_shared_by_many),
        cmocka_unit_test(test_exclusive),
        cmocka_unit_test(test_released_by_death),
        cmocka_unit_test(test_no_place),
    };
    return cmocka_run_group_tests_name("lock", list, temporary_setup, temporary_teardown);
}
