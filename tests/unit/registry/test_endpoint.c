#include "registry/check.h"
#include "registry/endpoint.h"

/* The endpoints of a reference, one after the other: "host name repository flags". */
static char *list(const char *conf_text, const char *mirror, const char *name, bool write)
{
    OCIB_AUTO(ocib_conf_release) struct ocib_conf conf = {0};
    OCIB_AUTO(ocib_mirrors_release) struct ocib_mirrors mirrors = {0};
    OCIB_AUTO(ocib_endpoints_release) struct ocib_endpoints found = {0};
    OCIB_AUTO(ocib_reference_release) struct ocib_reference ref = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out;
    ocib_buf_init(&out);
    struct ocib_source *source = ocib_source_new("r.conf", ocib_str(conf_text));
    int result = ocib_conf_add(&conf, source, NULL, &err);
    ocib_source_free(source);
    if (result || (mirror && ocib_mirrors_add(&mirrors, mirror, &err)) ||
        ocib_reference_parse(ocib_str(name), &ref, &err) ||
        ocib_endpoints_find(&conf, &mirrors, &ref, write, &found, &err)) {
        return check_error_text(err);
    }
    for (size_t i = 0; i < found.len; i++) {
        const struct ocib_endpoint *e = &found.items[i];
        ocib_buf_printf(&out, "%s%s|%s|%s|%s%s%s", i ? " " : "", e->host, e->name, e->repository,
                        e->mirror ? "m" : "", e->insecure ? "i" : "", e->scheme ? e->scheme : "");
    }
    return ocib_buf_take(&out);
}

static void check_list(const char *conf, const char *mirror, const char *name, bool write,
                       const char *expected)
{
    OCIB_AUTO_FREE char *found = list(conf, mirror, name, write);
    assert_string_equal(found, expected);
}

static void test_plain(void **state)
{
    check_list("", NULL, "python:3", false, "registry-1.docker.io|docker.io|library/python|");
    check_list("", NULL, "h.example:5000/a/b", false, "h.example:5000|h.example:5000|a/b|");
}

static void test_mirrors_come_first(void **state)
{
    static const char conf[] = "[[registry]]\nlocation='h.example'\ninsecure=true\n"
                               "[[registry.mirror]]\nlocation='m.example/x'\ninsecure=true\n"
                               "[[registry.mirror]]\nlocation='n.example'\n";
    check_list(
        conf, "h.example=http://o.example:1/p/", "h.example/a", false,
        "o.example:1|o.example:1|p/a|mhttp m.example|m.example|x/a|mi n.example|n.example|a|m "
        "h.example|h.example|a|i");
    check_list(conf, "other.example=https://o.example", "h.example/a", false,
               "m.example|m.example|x/a|mi n.example|n.example|a|m h.example|h.example|a|i");
    /* Writing goes to the place itself. */
    check_list(conf, "h.example=http://o.example:1/p", "h.example/a", true,
               "h.example|h.example|a|i");
    check_list("", "docker.io=https://o.example", "python", false,
               "o.example|o.example|library/python|mhttps "
               "registry-1.docker.io|docker.io|library/python|");
}

static void test_by_digest_and_tag(void **state)
{
    static const char conf[] =
        "[[registry]]\nlocation='h.example'\n"
        "[[registry.mirror]]\nlocation='d.example'\npull-from-mirror='digest-only'\n"
        "[[registry.mirror]]\nlocation='t.example'\npull-from-mirror='tag-only'\n";
    static const char only[] = "[[registry]]\nlocation='h.example'\nmirror-by-digest-only=true\n"
                               "[[registry.mirror]]\nlocation='d.example'\n";
    OCIB_AUTO_FREE char *digested = ocib_format("h.example/a@sha256:%064d", 0);
    check_list(conf, NULL, digested, false, "d.example|d.example|a|m h.example|h.example|a|");
    check_list(conf, NULL, "h.example/a:1", false,
               "t.example|t.example|a|m h.example|h.example|a|");
    check_list(only, NULL, digested, false, "d.example|d.example|a|m h.example|h.example|a|");
    check_list(only, NULL, "h.example/a:1", false, "h.example|h.example|a|");
}

static void test_blocked_and_moved(void **state)
{
    check_list("[[registry]]\nprefix='h.example/bad'\nlocation='x.example'\nblocked=true\n", NULL,
               "h.example/bad/a:1", false, "[5] h.example/bad/a:1 is blocked by r.conf:1");
    check_list("[[registry]]\nprefix='h.example/a'\nlocation='x.example/b'\n", NULL,
               "h.example/a/c", false, "x.example|x.example|b/c|");
    check_list("[[registry]]\nprefix='h.example/a'\nlocation='x.example/b'\n", NULL,
               "h.example/a/c", true, "h.example|h.example|a/c|");
}

static void test_bad_mirrors(void **state)
{
    check_list("", "nonsense", "x", false, "[2] --mirror is HOST=URL, not 'nonsense'");
    check_list("", "=http://x", "x", false, "[2] --mirror is HOST=URL, not '=http://x'");
    static const char *const bad[] = {"h=",   "h=http://", "h=http://u:secret@x", "h=https://x?y",
                                      "h=/x", "h=x y"};
    for (size_t i = 0; i < OCIB_COUNT(bad); i++) {
        check_list("", bad[i], "x", false,
                   "[2] --mirror for 'h' has no address of the form http[s]://host/path");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain), cmocka_unit_test(test_mirrors_come_first),
        cmocka_unit_test(test_by_digest_and_tag), cmocka_unit_test(test_blocked_and_moved),
        cmocka_unit_test(test_bad_mirrors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
