#include "plan/remote.h"

#include "plan_test.h"

static void assert_kind(enum ocib_source_kind kind, const char *const *sources)
{
    for (; *sources; sources++) {
        if (ocib_source_kind(ocib_str(*sources)) != kind) {
            fail_msg("%s", *sources);
        }
    }
}

static void test_kinds(void **state)
{
    static const char *const paths[] = {"a",          "a.git",   "host/a.git", "github.com/a/b.git",
                                        "a@b",        "a@b:",    "@b:c",       "-a@b:c",
                                        "a@-b:c",     "a b@c:d", "ftp://x/y",  "file:///x.git",
                                        "HTTP://x/y", NULL};
    static const char *const urls[] = {
        "http://x/y",       "https://x/y.git/", "https://x/y.gitx", "http://x",
        "http://x/y#z.git", "http://x/y?z.git", "https://x.git/y",  NULL};
    static const char *const repositories[] = {"http://x/y.git",        "https://x/y.git#r:d",
                                               "https://x/y.git?ref=r", "git://x/y",
                                               "ssh://git@x:2/y",       "git@x:y",
                                               "git@x:y.git#r",         NULL};
    assert_kind(OCIB_SOURCE_PATH, paths);
    assert_kind(OCIB_SOURCE_URL, urls);
    assert_kind(OCIB_SOURCE_GIT, repositories);
}

static void assert_parsed(const char *source, const char *remote, const char *ref, const char *dir)
{
    OCIB_AUTO(ocib_git_source_release) struct ocib_git_source git = {0};
    assert_int_equal(ocib_git_source_parse(ocib_str(source), &git, NULL), 0);
    assert_string_equal(git.remote, remote);
    assert_string_equal(git.ref ? git.ref : "none", ref);
    assert_string_equal(git.dir, dir);
}

static void test_repositories(void **state)
{
    assert_parsed("https://x/y.git", "https://x/y.git", "none", "");
    assert_parsed("https://x/y.git#", "https://x/y.git", "none", "");
    assert_parsed("https://x/y.git#a/b", "https://x/y.git", "a/b", "");
    assert_parsed("https://x/y.git#v1:/d//./e/", "https://x/y.git", "v1", "d/e");
    assert_parsed("https://x/y.git#:d", "https://x/y.git", "none", "d");
    assert_parsed("git@x:y#r:d", "git@x:y", "r", "d");
    assert_parsed("https://x/y.git?ref=r&subdir=d", "https://x/y.git", "r", "d");
    assert_parsed("https://x/y.git?branch=b", "https://x/y.git", "refs/heads/b", "");
    assert_parsed("https://x/y.git?tag=t&", "https://x/y.git", "refs/tags/t", "");
    assert_parsed("https://x/y.git?commit=0123abc", "https://x/y.git", "0123abc", "");
}

static void refuse(const char *source, const char *message)
{
    OCIB_AUTO(ocib_git_source_release) struct ocib_git_source git = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_git_source_parse(ocib_str(source), &git, &err), -1);
    assert_string_equal(ocib_error_message(err), message);
    assert_int_equal(ocib_error_code(err), OCIB_EDOCKERFILE);
}

static void test_refused(void **state)
{
    refuse("https://x/y.git#--upload-pack=z",
           "'--upload-pack=z' can't be a ref of a git repository");
    refuse("https://x/y.git#a b", "'a b' can't be a ref of a git repository");
    refuse("https://x/y.git#a^{}", "'a^{}' can't be a ref of a git repository");
    refuse("https://x/y.git?tag=+a:b", "'+a:b' can't be a ref of a git repository");
    refuse("https://x/y.git#a:../b", "the folder of a git repository has a ..");
    refuse("https://x/y.git?submodules=false",
           "the query of a git URL has an unknown field 'submodules'");
    refuse("https://x/y.git?ref=a#b", "a git URL has either a query or a #ref, not both");
}

static void test_checksums(void **state)
{
    OCIB_AUTO_FREE char *sha256 = ocib_format("sha256:%064d", 7);
    assert_true(ocib_checksum_is_sha256(ocib_str(sha256)));
    assert_false(ocib_checksum_is_sha256(OCIB_STR("sha256:00")));
    sha256[8] = 'A';
    assert_false(ocib_checksum_is_sha256(ocib_str(sha256)));
    assert_true(ocib_checksum_is_commit(OCIB_STR("0123abc")));
    assert_false(ocib_checksum_is_commit(OCIB_STR("0123ab")));
    assert_false(ocib_checksum_is_commit(OCIB_STR("0123abg")));
}

static void assert_name(const char *url, const char *name)
{
    OCIB_AUTO_FREE char *got = ocib_url_file_name(ocib_str(url));
    assert_string_equal(got, name);
}

static void test_names(void **state)
{
    assert_name("http://x/y/z.tar?q=/a#/b", "z.tar");
    assert_name("https://x/y/", "y");
    assert_name("http://x", "__unnamed__");
    assert_name("http://x//", "__unnamed__");
    assert_name("http://x/a/..", "__unnamed__");
    assert_name("http://x/%61%2", "a%2");
    assert_name("http://x/a%2fb%2F", "b");
    assert_name("http://x/a%2f..", "__unnamed__");
    assert_name("http://x/a%00b", "__unnamed__");
}

static void test_credentials(void **state)
{
    assert_true(ocib_source_has_credentials(OCIB_STR("https://u:p@x/y")));
    assert_true(ocib_source_has_credentials(OCIB_STR("http://u@x")));
    assert_false(ocib_source_has_credentials(OCIB_STR("http://x/u@y")));
    assert_false(ocib_source_has_credentials(OCIB_STR("http://x?u@y")));
    assert_false(ocib_source_has_credentials(OCIB_STR("ssh://git@x/y")));
    assert_false(ocib_source_has_credentials(OCIB_STR("a@b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),   cmocka_unit_test(test_repositories),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_names),   cmocka_unit_test(test_credentials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
