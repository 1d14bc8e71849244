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
    assert_parsed("https://x/y.git?tag=refs/tags/t", "https://x/y.git", "refs/tags/t", "");
    assert_parsed("https://x/y.git?ref=a%2Fb&subdir=%64", "https://x/y.git", "a/b", "d");
    assert_parsed("https://x/y.git?ref=a&subdir=d#a:d", "https://x/y.git", "a", "d");
    assert_parsed("ssh://x/y?ref=a", "ssh://x/y", "a", "");
    assert_parsed("github.com/x/y#a:d", "https://github.com/x/y", "a", "d");
    assert_parsed("github.com/x/y.git?ref=a", "https://github.com/x/y.git", "a", "");
}

static void test_query(void **state)
{
    OCIB_AUTO(ocib_git_source_release) struct ocib_git_source a = {0};
    OCIB_AUTO(ocib_git_source_release) struct ocib_git_source b = {0};
    OCIB_AUTO(ocib_git_source_release) struct ocib_git_source c = {0};
    struct ocib_str query = OCIB_STR("https://x/y.git?commit=0123abc&keep-git-dir&submodules=f");
    assert_int_equal(ocib_git_source_parse(query, &a, NULL), 0);
    assert_string_equal(a.checksum, "0123abc");
    assert_null(a.ref);
    assert_true(a.keep_git_dir);
    assert_true(a.no_submodules);
    query = OCIB_STR("https://x/y.git?checksum=0123abcd&ref=r&keep-git-dir=false&submodules=1");
    assert_int_equal(ocib_git_source_parse(query, &b, NULL), 0);
    assert_string_equal(b.checksum, "0123abcd");
    assert_string_equal(b.ref, "r");
    assert_false(b.keep_git_dir);
    assert_false(b.no_submodules);
    assert_int_equal(ocib_git_source_parse(OCIB_STR("https://x/y.git"), &c, NULL), 0);
    assert_null(c.checksum);
    assert_false(c.keep_git_dir);
    assert_false(c.no_submodules);
}

static void test_contexts(void **state)
{
    assert_int_equal(ocib_context_kind(OCIB_STR("github.com/x/y")), OCIB_SOURCE_GIT);
    assert_int_equal(ocib_context_kind(OCIB_STR("https://x/y.git")), OCIB_SOURCE_GIT);
    assert_int_equal(ocib_context_kind(OCIB_STR("https://x/y")), OCIB_SOURCE_URL);
    assert_int_equal(ocib_context_kind(OCIB_STR("git@x:y")), OCIB_SOURCE_GIT);
    assert_int_equal(ocib_context_kind(OCIB_STR("gitlab.com/x/y.git")), OCIB_SOURCE_PATH);
    assert_int_equal(ocib_context_kind(OCIB_STR(".")), OCIB_SOURCE_PATH);
}

static void assert_cut(const char *url, const char *clean, const char *credentials)
{
    OCIB_AUTO_BUF struct ocib_buf found = {0};
    ocib_buf_init(&found);
    OCIB_AUTO_FREE char *got = ocib_source_cut_credentials(ocib_str(url), &found);
    assert_string_equal(got, clean);
    assert_string_equal(found.data, credentials);
}

static void test_cut_credentials(void **state)
{
    assert_cut("https://u:p@x/y", "https://x/y", "u:p");
    assert_cut("https://u%40a:p%3a@x:5/y?z@", "https://x:5/y?z@", "u@a:p:");
    assert_cut("http://token@x", "http://x", "token:");
    assert_cut("http://u:p@q@x", "http://x", "u:p@q");
    assert_cut("https://x/u@y", "https://x/u@y", "");
    assert_cut("ssh://git@x/y", "ssh://git@x/y", "");
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
    refuse("https://x/y.git?depth=1", "the query of a git URL has an unknown field 'depth'");
    refuse("https://x/y.git?ref=a#b", "a git URL names two refs, b and a");
    refuse("https://x/y.git?tag=a&branch=a",
           "a git URL names two refs, refs/tags/a and refs/heads/a");
    refuse("https://x/y.git?subdir=a#:b", "a git URL names two folders, b and a");
    refuse("https://x/y.git?ref=a&ref=a", "'ref' of a git URL is there twice");
    refuse("https://x/y.git?ref=", "'ref' of a git URL has no value");
    refuse("https://x/y.git?tag", "'tag' of a git URL has no value");
    refuse("https://x/y.git?commit=x", "bad checksum x");
    refuse("https://x/y.git?submodules=no", "'submodules' of a git URL is true or false, not 'no'");
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
        cmocka_unit_test(test_kinds),           cmocka_unit_test(test_repositories),
        cmocka_unit_test(test_refused),         cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_names),           cmocka_unit_test(test_credentials),
        cmocka_unit_test(test_query),           cmocka_unit_test(test_contexts),
        cmocka_unit_test(test_cut_credentials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
