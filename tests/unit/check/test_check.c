#include "check_test.h"

#include <unistd.h>

/*
 * Docker's own findings (testdata/check/docker, recorded by tests/check/record) against ours: each
 * case must have the same rules at the same lines. Where that differs on purpose, a file
 * CASE.differs says what ours are, and why in lines that begin with "#".
 */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines that are no comments, sorted. */
static void sort_lines(struct ocib_str text, struct ocib_buf *out)
{
    OCIB_AUTO_STRINGS struct ocib_strings lines = {0};
    struct ocib_str line;
    ocib_buf_init(out);
    while (ocib_str_cut(&text, '\n', &line)) {
        if (line.len && line.s[0] != '#') {
            ocib_strings_push_str(&lines, line);
        }
    }
    if (lines.len) {
        qsort(lines.items, lines.len, sizeof(*lines.items), by_text);
    }
    for (size_t i = 0; i < lines.len; i++) {
        ocib_buf_printf(out, "%s\n", lines.items[i]);
    }
}

static void show(const struct checked *c, struct ocib_buf *out)
{
    ocib_buf_init(out);
    for (size_t i = 0; i < c->findings.len; i++) {
        const struct ocib_warning *f = &c->findings.items[i];
        ocib_buf_printf(out, "%u-%u %s\n", f->span.line, f->span.end_line, f->rule->name);
    }
    ocib_buf_puts(out, c->err ? "refused\n" : "");
}

static bool read_if_there(const char *folder, const char *name, const char *ending,
                          struct ocib_buf *out)
{
    OCIB_AUTO_FREE char *path = ocib_format("%s/%s%s", folder, name, ending);
    if (access(path, F_OK) != 0) {
        return false;
    }
    golden_read(path, out);
    return true;
}

/* One problem a case, said by cmocka at the end. */
static bool compare(const char *folder, const char *name)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0}, ignore = {0}, docker = {0}, differs = {0}, got = {0},
                                  theirs = {0}, want = {0}, ours = {0};
    AUTO_CHECKED c = {0};
    assert_true(read_if_there(folder, name, ".Dockerfile", &text));
    assert_true(read_if_there(folder, name, ".docker", &docker));
    bool has_ignore = read_if_there(folder, name, ".ignore", &ignore);
    bool on_purpose = read_if_there(folder, name, ".differs", &differs);
    checked_make(&c, ocib_buf_str(&text), has_ignore ? ignore.data : NULL, false);
    show(&c, &got);
    sort_lines(ocib_buf_str(&got), &ours);
    sort_lines(ocib_buf_str(&docker), &theirs);
    sort_lines(ocib_buf_str(on_purpose ? &differs : &docker), &want);
    if (strcmp(want.data, ours.data) != 0) {
        print_error("%s\n--- expected\n%s--- got\n%s", name, want.data, ours.data);
        return false;
    }
    if (on_purpose && strcmp(theirs.data, ours.data) == 0) {
        print_error("%s: Docker says the same; take %s.differs out\n", name, name);
        return false;
    }
    return true;
}

static void test_as_docker(void **state)
{
    size_t cases = 0;
    size_t bad = 0;
    const char *folder = TESTDATA "/check/docker";
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        struct ocib_str name = ocib_str(entry->d_name);
        if (ocib_str_ends(name, ".Dockerfile")) {
            OCIB_AUTO_FREE char *stem = ocib_str_dup(ocib_str_sub(name, 0, name.len - 11));
            bad += !compare(folder, stem);
            cases++;
        }
    }
    closedir(dir);
    assert_true(cases >= 60);
    assert_int_equal(bad, 0);
}

/* ---- what the Dockerfiles of real projects are told ---- */

static void show_seed(const char *path, struct ocib_buf *out)
{
    OCIB_AUTO_FREE char *whole = ocib_format("%s/seeds/%s", TESTDATA, path);
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    AUTO_CHECKED c = {0};
    golden_read(whole, &text);
    checked_make(&c, ocib_buf_str(&text), NULL, true);
    ocib_buf_printf(out, "%s\n", path);
    checked_show(&c, out);
}

static void test_seeds(void **state)
{
    static const char *const seeds[] = {
        "fastapi-uv/Dockerfile",          "health/ai-service/Dockerfile",
        "health/backend/Dockerfile",      "health/frontend-patient/Dockerfile",
        "health/frontend-web/Dockerfile", "mall/admin/Dockerfile",
        "mall/backend/Dockerfile",        "tarot/Dockerfile",
        "zviewer/admin/Dockerfile",       "zviewer/comments/Dockerfile",
        "zviewer/media/Dockerfile",       "zviewer/payments/Dockerfile",
        "zviewer/server/Dockerfile",
    };
    OCIB_AUTO_BUF struct ocib_buf got = {0};
    ocib_buf_init(&got);
    for (size_t i = 0; i < OCIB_COUNT(seeds); i++) {
        show_seed(seeds[i], &got);
    }
    golden_compare(TESTDATA "/check/seeds.expected", &got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_docker),
        cmocka_unit_test(test_seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
