#include "emulate/fixture.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

/* A path that ends right before memory that is not there. */
static int read_at_the_edge(void)
{
    struct stat st;
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED && munmap(pages + 4096, 4096) == 0);
    char *path = pages + 4096 - 4;
    memcpy(path, "abc", 4);
    CHECK(fixture_make("abc") && chown("abc", 1, 2) == 0);
    CHECK(stat(path, &st) == 0 && st.st_uid == 1);
    path[3] = 'd';
    CHECK(stat(path, &st) < 0 && errno == EFAULT);
    return 0;
}

static int read_over_pages(void)
{
    OCIB_AUTO_BUF struct ocib_buf path = {0};
    struct stat st;
    CHECK(fixture_make("f") && chown("f", 1, 2) == 0);
    for (size_t i = 0; i < 2000; i++) {
        ocib_buf_puts(&path, "./");
    }
    ocib_buf_putc(&path, 'f');
    CHECK(stat(path.data, &st) == 0 && st.st_uid == 1);
    return 0;
}

/* Everyone works in a folder and with files of its own. */
static void *work(void *data)
{
    long number = (long)data;
    char name[32];
    snprintf(name, sizeof(name), "t%ld", number);
    for (int i = 0; i < 200; i++) {
        struct stat st;
        if (!fixture_make(name) || chown(name, (uid_t)number, 7) < 0 || stat(name, &st) < 0 ||
            st.st_uid != (uid_t)number || st.st_gid != 7 || unlink(name) < 0) {
            return data;
        }
    }
    return NULL;
}

static int run_threads(void)
{
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    void *result;
    for (long i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, (void *)(i + 1)) == 0);
    }
    for (long i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], &result) == 0 && result == NULL);
    }
    return 0;
}

/* glibc tells all threads. */
static void *ask(void *wanted)
{
    return getuid() == *(uid_t *)wanted ? NULL : wanted;
}

static int change_with_threads(void)
{
    pthread_t thread;
    void *result;
    uid_t wanted = 33;
    CHECK(setuid(wanted) == 0 && pthread_create(&thread, NULL, ask, &wanted) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result == NULL);
    return 0;
}

/* Absolute paths and links mean the caller's own root. */
static int change_root(void)
{
    struct stat st;
    if (syscall(SYS_getpid) <= 0 || mkdir("r", 0755) < 0 || mkdir("r/sub", 0755) < 0) {
        return __LINE__;
    }
    CHECK(fixture_make("r/f") && fixture_make("r/sub/f"));
    CHECK(symlink("/f", "r/sub/l") == 0 && chown("r/f", 1, 1) == 0);
    CHECK(chroot("r") == 0 && chdir("/sub") == 0);
    CHECK(stat("/f", &st) == 0 && st.st_uid == 1);
    CHECK(stat("l", &st) == 0 && st.st_uid == 1);
    CHECK(stat("../../../f", &st) == 0 && st.st_uid == 1);
    CHECK(chown("/sub/f", 5, 6) == 0 && stat("f", &st) == 0 && st.st_uid == 5);
    return 0;
}

static int end_by_signal(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct stat st;
        for (;;) {
            (void)!stat(".", &st);
        }
    }
    usleep(20000);
    CHECK(kill(pid, 9) == 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
    CHECK(fixture_make("f") && chown("f", 1, 1) == 0 && fixture_owned("f", 1, 1));
    return 0;
}

#define RUNS(name, body)                                                                           \
    static void name(void **state)                                                                 \
    {                                                                                              \
        assert_int_equal(fixture_run(body), 0);                                                    \
    }
RUNS(test_edge, read_at_the_edge)
RUNS(test_pages, read_over_pages)
RUNS(test_threads, run_threads)
RUNS(test_ids_of_threads, change_with_threads)
RUNS(test_signal, end_by_signal)

/* In a pid namespace of its own, with the /proc of the one around it: callers' numbers differ. */
static int run_in_namespace(int (*body)(void))
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(unshare(CLONE_NEWPID) < 0 ? 250 : fixture_run(body));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int look_and_change(void)
{
    struct stat st;
    CHECK(getpid() < 10);
    CHECK(fixture_make("f") && chown("f", 1, 2) == 0 && fixture_owned("f", 1, 2));
    OCIB_AUTO_FD int fd = open("f", O_RDONLY | O_CLOEXEC);
    CHECK(fchown(fd, 3, 4) == 0 && fstat(fd, &st) == 0 && st.st_uid == 3);
    CHECK(setuid(33) == 0 && getuid() == 33 && fixture_make("g") && fixture_owned("g", 33, 0));
    return 0;
}

static void test_other_numbers(void **state)
{
    if (geteuid() != 0) {
        print_message("SKIPPED: only root may make a pid namespace\n");
        skip();
    }
    assert_int_equal(run_in_namespace(look_and_change), 0);
    assert_int_equal(run_in_namespace(run_threads), 0);
}

static void test_root(void **state)
{
    if (geteuid() != 0) {
        print_message("SKIPPED: only root may chroot(2)\n");
        skip();
    }
    assert_int_equal(fixture_run(change_root), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edge),          cmocka_unit_test(test_pages),
        cmocka_unit_test(test_threads),       cmocka_unit_test(test_ids_of_threads),
        cmocka_unit_test(test_signal),        cmocka_unit_test(test_root),
        cmocka_unit_test(test_other_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
