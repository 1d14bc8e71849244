#include "registry/check.h"
#include "registry/jobs.h"

#include <string.h>

struct work {
    atomic_uint done[100];
    atomic_uint running;
    size_t bad; /* this one fails */
};

static int run(void *data, size_t i, const atomic_bool *stop, struct ocib_error **err)
{
    struct work *work = data;
    atomic_fetch_add(&work->done[i], 1);
    assert_true(atomic_fetch_add(&work->running, 1) < 4);
    atomic_fetch_sub(&work->running, 1);
    if (i == work->bad) {
        return ocib_error_set(err, OCIB_EINPUT, "piece %zu", i);
    }
    return 0;
}

static void test_each_is_done_once(void **state)
{
    struct work work = {.bad = 1000};
    struct ocib_jobs jobs = {100, 4, run, &work};
    assert_int_equal(ocib_jobs_run(&jobs, NULL), 0);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(work.done[i], 1);
    }
}

static void test_failure(void **state)
{
    struct work work = {.bad = 0};
    struct ocib_jobs jobs = {100, 1, run, &work};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_jobs_run(&jobs, &err), -1);
    check_error(err, OCIB_EINPUT, "piece 0");
    /* Nothing is begun any more. */
    assert_int_equal(work.done[1], 0);
    assert_int_equal(ocib_jobs_run(&jobs, NULL), -1);
}

/* All but one wait until they are told to stop. */
static int wait_or_fail(void *data, size_t i, const atomic_bool *stop, struct ocib_error **err)
{
    if (i == 0) {
        return ocib_error_set(err, OCIB_EINPUT, "the cause");
    }
    while (!atomic_load(stop)) {
        usleep(100);
    }
    return ocib_error_set(err, OCIB_EINTERRUPTED, "a consequence");
}

static void test_the_first_failure_is_told(void **state)
{
    struct ocib_jobs jobs = {4, 4, wait_or_fail, NULL};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_jobs_run(&jobs, &err), -1);
    check_error(err, OCIB_EINPUT, "the cause");
}

static void test_nothing_to_do(void **state)
{
    struct ocib_jobs jobs = {0, 4, run, NULL};
    assert_int_equal(ocib_jobs_run(&jobs, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_done_once), cmocka_unit_test(test_failure),
        cmocka_unit_test(test_the_first_failure_is_told), cmocka_unit_test(test_nothing_to_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
