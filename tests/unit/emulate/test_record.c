#include "emulate/record.h"

#include "emulate/fixture.h"

static void round_trip(const char *text, uid_t uid, gid_t gid)
{
    char link[OCIB_LINK_MAX + 1];
    const struct ocib_record owner = {.uid = uid, .gid = gid};
    struct ocib_record found = {0};
    ssize_t len = ocib_link_encode(text, &owner, link);
    assert_true(len > 0);
    assert_int_equal(strlen(link), len);
    if (uid == 0 && gid == 0) {
        assert_string_equal(link, text);
        assert_int_equal(ocib_link_decode(link, (size_t)len, &found), -1);
        return;
    }
    assert_true((size_t)len >= ocib_link_least());
    assert_int_equal(link[0] == '/', text[0] == '/');
    assert_int_equal(ocib_link_decode(link, (size_t)len, &found), strlen(text));
    assert_string_equal(link, text);
    assert_int_equal(found.uid, uid);
    assert_int_equal(found.gid, gid);
}

static void test_link_texts(void **state)
{
    static const char *const texts[] = {"a",   "/",     "/a",    "../x", "./y",  "//z",
                                        "a//", "././.", "/./..", ".",    "....", "/etc/passwd"};
    static const uint32_t ids[] = {0, 1, 33, 1000, 65534, 100000, 4294967294U};
    for (size_t i = 0; i < OCIB_COUNT(texts); i++) {
        for (size_t j = 0; j < OCIB_COUNT(ids); j++) {
            for (size_t k = 0; k < OCIB_COUNT(ids); k++) {
                round_trip(texts[i], ids[j], ids[k]);
            }
        }
    }
}

static void test_texts_without_owner(void **state)
{
    static const char *const texts[] = {
        "",
        "/",
        "./",
        "x",
        "/a/long/path/that/is/longer/than/the/row/of/signs/which/an/owner/takes/in/front/of/it",
        "//////////////////////////////////////////////////////////////////////////////////////a"};
    for (size_t i = 0; i < OCIB_COUNT(texts); i++) {
        char text[OCIB_LINK_MAX + 1];
        struct ocib_record owner;
        snprintf(text, sizeof(text), "%s", texts[i]);
        assert_int_equal(ocib_link_decode(text, strlen(text), &owner), -1);
        assert_string_equal(text, texts[i]);
    }
}

static void test_too_long_text(void **state)
{
    char out[OCIB_LINK_MAX];
    const struct ocib_record owner = {.uid = 1};
    const struct ocib_record root = {0};
    char text[OCIB_LINK_MAX];
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(ocib_link_encode(text, &root, out), OCIB_LINK_MAX - 1);
    assert_int_equal(ocib_link_encode(text, &owner, out), -1);
    assert_int_equal(errno, ENAMETOOLONG);
}

/* Each kind of file, written and read, and where the record must go with it. */
static int write_and_read(void)
{
    static const mode_t types[] = {S_IFREG, S_IFDIR, S_IFIFO, S_IFSOCK};
    CHECK(chdir("/proc") == 0);
    for (size_t i = 0; i < OCIB_COUNT(types); i++) {
        char folder[] = "/var/tmp/ocib-record-XXXXXX";
        CHECK(mkdtemp(folder));
        OCIB_AUTO_FREE char *path = ocib_format("%s/f", folder);
        OCIB_AUTO_FREE char *moved = ocib_format("%s/g", folder);
        CHECK((S_ISDIR(types[i]) ? mkdir(path, 0700) : mknod(path, types[i] | 0600, 0)) == 0);
        OCIB_AUTO_FD int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        struct stat st;
        struct ocib_record out;
        const struct ocib_record record = {.uid = 4294967290U, .gid = 1000};
        CHECK(fd >= 0 && fstat(fd, &st) == 0);
        CHECK(!ocib_record_read(path, false, &st, &out) && out.uid == 0);
        CHECK(ocib_record_write(fd, &st, &record) == 0);
        CHECK(rename(path, moved) == 0 && lstat(moved, &st) == 0);
        CHECK(ocib_record_read(moved, false, &st, &out));
        CHECK(out.uid == record.uid && out.gid == record.gid && out.type == 0);
        const struct ocib_record root = {0};
        CHECK(ocib_record_write(fd, &st, &root) == 0 && lstat(moved, &st) == 0);
        CHECK(!ocib_record_read(moved, false, &st, &out));
        CHECK(ocib_remove_tree(AT_FDCWD, folder, NULL) == 0);
    }
    return 0;
}

static void test_kinds_of_files(void **state)
{
    pid_t pid = fork(); /* the working folder is the process's */
    int status = -1;
    if (pid == 0) {
        _exit(write_and_read() ? 1 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void test_show_device(void **state)
{
    const struct ocib_record record = {.uid = 1, .gid = 2, .type = S_IFBLK, .rdev = 0x801};
    struct stat st = {.st_mode = S_IFREG | 0640};
    struct stat folder = {.st_mode = S_IFDIR | 0755};
    ocib_record_show(&record, &st);
    assert_int_equal(st.st_mode, S_IFBLK | 0640);
    assert_int_equal(st.st_rdev, 0x801);
    ocib_record_show(&record, &folder);
    assert_int_equal(folder.st_mode, S_IFDIR | 0755);
    assert_int_equal(folder.st_uid, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link_texts),    cmocka_unit_test(test_texts_without_owner),
        cmocka_unit_test(test_too_long_text), cmocka_unit_test(test_kinds_of_files),
        cmocka_unit_test(test_show_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
