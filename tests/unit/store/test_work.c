#include "store/fixture.h"

static void test_folder_lives_until_release(void **state)
{
    struct fixture *f = *state;
    struct ocib_work work;
    assert_int_equal(ocib_store_work_new(f->store, &work, NULL), 0);
    assert_int_equal(mkdirat(work.fd, "upper", 0755), 0);
    assert_int_equal(access(work.path, F_OK), 0);
    OCIB_AUTO_FREE char *path = ocib_strdup(work.path);
    ocib_work_release(&work);
    assert_int_equal(access(path, F_OK), -1);
    ocib_work_release(&work); /* a second time does nothing */
    struct ocib_work never = {0};
    ocib_work_release(&never); /* and closes nothing that it does not own */
    assert_int_equal(fcntl(0, F_GETFD) >= -1, 1);
}

/* What overlay leaves: "work/work" of mode 000. */
static int leave_folders(const struct fixture *f)
{
    struct ocib_store *store = ocib_store_open(f->root, NULL, NULL);
    struct ocib_work work;
    for (int i = 0; i < 3; i++) {
        if (!store || ocib_store_work_new(store, &work, NULL) < 0 ||
            mkdirat(work.fd, "work", 0755) < 0 || mkdirat(work.fd, "work/work", 0755) < 0 ||
            mkdirat(work.fd, "work/work/#1", 0000) < 0 ||
            fchmodat(work.fd, "work/work", 0000, 0) < 0) {
            return 1;
        }
    }
    return 0; /* without release */
}

static void test_folders_of_the_dead_are_removed(void **state)
{
    struct fixture *f = *state;
    struct ocib_work mine;
    assert_int_equal(ocib_store_work_new(f->store, &mine, NULL), 0);
    int before = count_entries(f, "ocib/work");
    assert_int_equal(in_child(leave_folders, f), 0);
    assert_int_equal(count_entries(f, "ocib/work"), before + 3);
    struct ocib_store *other = open_store(f->root);
    assert_int_equal(count_entries(f, "ocib/work"), before);
    assert_int_equal(access(mine.path, F_OK), 0);
    ocib_store_close(other);
    ocib_work_release(&mine);
}

static int leave_as_nobody(const struct fixture *f)
{
    (void)f;
    return setgid(65534) == 0 && setuid(65534) == 0 ? leave_folders(f) : 1;
}

static void log_line(void *data, enum ocib_log_level level, struct ocib_span span, const char *text)
{
    struct ocib_buf *lines = data;
    ocib_buf_printf(lines, "%d %s\n", (int)level, text);
}

static int sweep_as_nobody(const struct fixture *f)
{
    OCIB_AUTO_BUF struct ocib_buf lines = {0};
    ocib_buf_init(&lines);
    const struct ocib_log log = {log_line, &lines};
    if (setgid(65534) != 0 || setuid(65534) != 0) {
        return 1;
    }
    struct ocib_store *store = ocib_store_open(f->root, &log, NULL);
    if (!store) {
        return 2;
    }
    ocib_store_close(store);
    return strstr(lines.data, "is left for now: can't remove") ? 0 : 3;
}

/* As in a user namespace: a folder of another owner within one's own. */
static void test_what_cannot_be_removed_is_left(void **state)
{
    struct fixture *f = *state;
    if (getuid() != 0) {
        skip();
    }
    OCIB_AUTO_FREE char *script = ocib_format("chown -R 65534:65534 '%s'", f->folder);
    ocib_store_close(ocib_steal(&f->store));
    assert_int_equal(system(script), 0);
    assert_int_equal(in_child(leave_as_nobody, f), 0);
    OCIB_AUTO_FREE char *foreign = ocib_format("chown root '%s'/ocib/work/*/work/work", f->root);
    assert_int_equal(system(foreign), 0);
    assert_int_equal(in_child(sweep_as_nobody, f), 0);
    assert_int_equal(count_entries(f, "ocib/work"), 3);
    f->store = open_store(f->root); /* root can */
    assert_int_equal(count_entries(f, "ocib/work"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_folder_lives_until_release, setup, teardown),
        cmocka_unit_test_setup_teardown(test_folders_of_the_dead_are_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_removed_is_left, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
