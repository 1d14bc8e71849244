#include "registry/check.h"
#include "registry/conf.h"

#include <sys/stat.h>

static int add(struct ocib_conf *conf, const char *text, struct ocib_buf *warnings,
               struct ocib_error **err)
{
    struct ocib_log log = {check_log_write, warnings};
    struct ocib_source *source = ocib_source_new("r.conf", ocib_str(text));
    int result = ocib_conf_add(conf, source, &log, err);
    ocib_source_free(source);
    return result;
}

static void read_conf(struct ocib_conf *conf, const char *text)
{
    OCIB_AUTO_BUF struct ocib_buf warnings;
    ocib_buf_init(&warnings);
    assert_int_equal(add(conf, text, &warnings, NULL), 0);
    assert_string_equal(warnings.data, "");
}

static const struct ocib_conf_registry *find(const struct ocib_conf *conf, const char *name)
{
    struct ocib_reference ref = {0};
    assert_int_equal(ocib_reference_parse(ocib_str(name), &ref, NULL), 0);
    const struct ocib_conf_registry *found = ocib_conf_find(conf, &ref);
    ocib_reference_release(&ref);
    return found;
}

static void test_the_example_of_the_manual(void **state)
{
    OCIB_AUTO(ocib_conf_release) struct ocib_conf conf = {0};
    read_conf(&conf, "unqualified-search-registries = [\"example.com\"]\n"
                     "[[registry]]\n"
                     "prefix = \"example.com/foo\"\n"
                     "insecure = false\n"
                     "blocked = false\n"
                     "location = \"internal-registry-for-example.com/bar\"\n"
                     "[[registry.mirror]]\n"
                     "location = \"example-mirror-0.local/mirror-for-foo\"\n"
                     "[[registry.mirror]]\n"
                     "location = \"example-mirror-1.local/mirrors/foo\"\n"
                     "insecure = true\n"
                     "[[registry]]\n"
                     "location = \"registry.com\"\n"
                     "[[registry.mirror]]\n"
                     "location = \"mirror.registry.com\"\n");
    const struct ocib_conf_registry *foo = find(&conf, "example.com/foo/image:latest");
    assert_non_null(foo);
    assert_string_equal(foo->place, "r.conf:2");
    assert_int_equal(foo->mirrors.len, 2);
    assert_false(foo->mirrors.items[0].insecure);
    assert_true(foo->mirrors.items[1].insecure);
    const struct ocib_conf_registry *registry = find(&conf, "registry.com/x");
    assert_non_null(registry);
    assert_string_equal(registry->prefix, "registry.com");
    assert_null(find(&conf, "example.com/foobar"));
    assert_null(find(&conf, "registry.com.evil.example/x"));
}

static void test_the_longest_prefix_wins(void **state)
{
    OCIB_AUTO(ocib_conf_release) struct ocib_conf conf = {0};
    read_conf(&conf, "[[registry]]\nprefix='h.example'\nlocation='a.example'\n"
                     "[[registry]]\nprefix='h.example/ns/repo'\nlocation='b.example/x'\n"
                     "[[registry]]\nprefix='h.example/ns'\nlocation='c.example'\n"
                     "[[registry]]\nprefix='*.wild.example'\nblocked=true\n"
                     "[[registry]]\nprefix='h.example/t:1'\nlocation='d.example'\n");
    assert_string_equal(find(&conf, "h.example/ns/repo")->location, "b.example/x");
    assert_string_equal(find(&conf, "h.example/ns/repo2")->location, "c.example");
    assert_string_equal(find(&conf, "h.example/other")->location, "a.example");
    assert_string_equal(find(&conf, "h.example/t:1")->location, "d.example");
    assert_string_equal(find(&conf, "h.example/t:12")->location, "a.example");
    assert_true(find(&conf, "a.b.wild.example/x")->blocked);
    assert_null(find(&conf, "wild.example/x"));
    assert_null(find(&conf, "evilwild.example/x"));
}

static void check_rewrite(const char *name, const char *from, const char *to, const char *expected)
{
    struct ocib_reference ref = {0};
    char *host = NULL, *repository = NULL;
    assert_int_equal(ocib_reference_parse(ocib_str(name), &ref, NULL), 0);
    ocib_conf_rewrite(&ref, from, to, &host, &repository);
    OCIB_AUTO_FREE char *found = ocib_format("%s %s", host, repository);
    assert_string_equal(found, expected);
    free(host);
    free(repository);
    ocib_reference_release(&ref);
}

static void test_rewriting(void **state)
{
    check_rewrite("e.example/foo/img:1", "e.example/foo", "i.example/bar", "i.example bar/img");
    check_rewrite("e.example/foo", "e.example/foo", "i.example/bar", "i.example bar");
    check_rewrite("e.example/foo", "e.example", "i.example:5000", "i.example:5000 foo");
    check_rewrite("a.e.example/foo", "*.e.example", "i.example/x", "i.example x/foo");
    check_rewrite("a.e.example/foo", "*.e.example", "", "a.e.example foo");
    check_rewrite("python:3", "docker.io", "m.example/hub", "m.example hub/library/python");
    check_rewrite("e.example/t:1", "e.example/t:1", "i.example/u:2", "i.example u");
}

static void test_later_files_replace(void **state)
{
    OCIB_AUTO(ocib_conf_release) struct ocib_conf conf = {0};
    read_conf(&conf, "[[registry]]\nprefix='a.example'\nlocation='one.example'\n"
                     "[aliases]\n\"x\"='h.example/x'\n\"y\"='h.example/y'\n");
    read_conf(&conf, "[[registry]]\nprefix='a.example'\nlocation='two.example'\n"
                     "[aliases]\n\"x\"='h.example/z'\n\"y\"=''\n");
    assert_int_equal(conf.len, 1);
    assert_string_equal(find(&conf, "a.example/i")->location, "two.example");
    assert_string_equal(ocib_env_get(&conf.aliases, "x"), "h.example/z");
    assert_string_equal(ocib_env_get(&conf.aliases, "y"), "");
}

static void test_mirror_use(void **state)
{
    OCIB_AUTO(ocib_conf_release) struct ocib_conf conf = {0};
    read_conf(&conf, "[[registry]]\nlocation='a.example/'\n"
                     "[[registry.mirror]]\nlocation='m.example/'\npull-from-mirror='digest-only'\n"
                     "[[registry.mirror]]\nlocation='n.example'\npull-from-mirror='tag-only'\n"
                     "[[registry.mirror]]\nlocation='o.example'\npull-from-mirror=''\n");
    const struct ocib_conf_registry *entry = find(&conf, "a.example/i");
    assert_string_equal(entry->mirrors.items[0].location, "m.example");
    assert_int_equal(entry->mirrors.items[0].use, OCIB_MIRROR_DIGESTS);
    assert_int_equal(entry->mirrors.items[1].use, OCIB_MIRROR_TAGS);
    assert_int_equal(entry->mirrors.items[2].use, OCIB_MIRROR_ALL);
}

static void test_unknown_things_are_warned_of(void **state)
{
    OCIB_AUTO(ocib_conf_release) struct ocib_conf conf = {0};
    OCIB_AUTO_BUF struct ocib_buf warnings;
    ocib_buf_init(&warnings);
    assert_int_equal(add(&conf,
                         "credential-helpers = ['containers-auth.json', 'secretservice']\n"
                         "new = 1\n[[registry]]\nlocation='a.example'\nmirrors='x'\n[other]\nx=1\n",
                         &warnings, NULL),
                     0);
    assert_string_equal(warnings.data,
                        "1:1: 'secretservice' is not asked: name helpers in the auth file "
                        "(credHelpers)\n"
                        "2:1: unknown key 'new' has no effect\n"
                        "5:1: unknown key 'mirrors' has no effect\n"
                        "6:1: unknown table 'other' has no effect\n");
}

static void test_bad(void **state)
{
    static const char *const cases[][2] = {
        {"[[registry]]\ninsecure='yes'", "[2] r.conf:2:1: 'insecure' must be true or false"},
        {"[[registry]]\nprefix=true", "[2] r.conf:2:1: 'prefix' must be a text in quotes"},
        {"unqualified-search-registries='x'",
         "[2] r.conf:1:1: 'unqualified-search-registries' must be a list of texts"},
        {"\n[[registry]]\nblocked=true",
         "[2] r.conf:2:1: a [[registry]] needs a prefix or a location"},
        {"[registry]\nlocation='x'", "[2] r.conf:1:1: write [[registry]], in two brackets"},
        {"[[registry.mirror]]\nlocation='x'",
         "[2] r.conf:1:1: a [[registry.mirror]] stands below its [[registry]]"},
        {"[[registry]]\nlocation='x'\n[[registry.mirror]]",
         "[2] r.conf:3:1: a [[registry.mirror]] needs a location"},
        {"[[registry]]\nlocation='https://x'",
         "[2] r.conf:1:1: 'https://x' has a scheme: write host[:port][/path] | for plain HTTP, add "
         "insecure = true"},
        {"[[registry]]\nprefix='*.x.example/foo'",
         "[2] r.conf:1:1: '*.x.example/foo': only a whole host name may follow '*.'"},
        {"[[registry]]\nlocation='*.x.example'",
         "[2] r.conf:1:1: '*.x.example' has a character that no host or path has"},
        {"[[registry]]\nprefix='x.*.example'",
         "[2] r.conf:1:1: 'x.*.example' has a character that no host or path has"},
        {"[[registry]]\nlocation='/x'",
         "[2] r.conf:1:1: '/x' is no place: write host[:port][/path]"},
        {"[[registry]]\nlocation='x'\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation='y'"
         "\n"
         "pull-from-mirror='all'",
         "[2] r.conf:4:1: pull-from-mirror contradicts mirror-by-digest-only of its registry"},
        {"[[registry]]\nlocation='x'\n[[registry.mirror]]\nlocation='y'\npull-from-mirror='no'",
         "[2] r.conf:3:1: pull-from-mirror is 'all', 'digest-only' or 'tag-only', not 'no'"},
        {"[[registry]]\nlocation='x'\n[[registry]]\nprefix='x'",
         "[2] r.conf:3: prefix 'x' stands in r.conf:1 already"},
        {"[aliases]\nx=1", "[2] r.conf:2:1: an alias is \"name\" = \"host/repository\""},
        {"[registries.search]\nregistries=['x']",
         "[2] r.conf:1:1: [registries.search] is of the old version 1 | write [[registry]] tables: "
         "containers-registries.conf(5)"},
        {"registry = []", "[2] r.conf:1:1: registries are written as [[registry]] tables"},
        {"x", "[2] r.conf:1:2: '=' was expected here"}};
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO(ocib_conf_release) struct ocib_conf conf = {0};
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        assert_int_equal(add(&conf, cases[i][0], NULL, &err), -1);
        OCIB_AUTO_FREE char *text = check_error_text(err);
        assert_string_equal(text, cases[i][1]);
        assert_int_equal(conf.len, 0);
    }
}

static void test_where_files_lie(void **state)
{
    char dir[] = "/tmp/ocib-conf-XXXXXX";
    assert_non_null(mkdtemp(dir));
    OCIB_AUTO_FREE char *folder = ocib_format("%s/containers", dir);
    OCIB_AUTO_FREE char *drop = ocib_format("%s/registries.conf.d", folder);
    OCIB_AUTO_FREE char *file = ocib_format("%s/registries.conf", folder);
    OCIB_AUTO_FREE char *more = ocib_format("%s/10.conf", drop);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(mkdir(drop, 0700), 0);
    check_write(file, "[[registry]]\nlocation='own.example'\n");
    check_write(more, "[[registry]]\nlocation='drop.example'\n");
    setenv("XDG_CONFIG_HOME", dir, 1);
    unsetenv("CONTAINERS_REGISTRIES_CONF");
    OCIB_AUTO(ocib_conf_release) struct ocib_conf conf = {0};
    assert_int_equal(ocib_conf_load(&conf, NULL, getuid(), NULL, NULL), 0);
    assert_non_null(find(&conf, "own.example/x"));
    assert_non_null(find(&conf, "drop.example/x"));
    setenv("CONTAINERS_REGISTRIES_CONF", more, 1);
    OCIB_AUTO(ocib_conf_release) struct ocib_conf told = {0};
    assert_int_equal(ocib_conf_load(&told, NULL, getuid(), NULL, NULL), 0);
    assert_null(find(&told, "own.example/x"));
    assert_non_null(find(&told, "drop.example/x"));
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_conf_load(&told, "/nonexistent/r.conf", getuid(), NULL, &err), -1);
    check_error(err, OCIB_EUSAGE, "there is no file /nonexistent/r.conf");
    unlink(more);
    unlink(file);
    rmdir(drop);
    rmdir(folder);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_example_of_the_manual),
                                       cmocka_unit_test(test_the_longest_prefix_wins),
                                       cmocka_unit_test(test_rewriting),
                                       cmocka_unit_test(test_later_files_replace),
                                       cmocka_unit_test(test_mirror_use),
                                       cmocka_unit_test(test_unknown_things_are_warned_of),
                                       cmocka_unit_test(test_bad),
                                       cmocka_unit_test(test_where_files_lie)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
