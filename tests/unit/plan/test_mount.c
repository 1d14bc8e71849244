#include "plan_test.h"

static const struct ocib_mount *mount_of(struct planned *p, const char *options)
{
    OCIB_AUTO_FREE char *text =
        ocib_format("FROM alpine AS base\nFROM alpine\nENV V=/v W=1m\nWORKDIR /w\n"
                    "RUN --mount=%s true\n",
                    options);
    planned_good(p, text);
    const struct ocib_run_op *run = &planned_op(p, 2)->run;
    assert_int_equal(run->mounts.len, 1);
    return &run->mounts.items[0];
}

static void check_target(const char *options, const char *want)
{
    AUTO_PLANNED p = {0};
    assert_string_equal(mount_of(&p, options)->target, want);
    assert_int_equal(p.warnings.len, 0);
}

static void test_targets(void **state)
{
    check_target("target=/a", "/a");
    check_target("dst=/a/../b/", "/b");
    check_target("destination=c", "/w/c");
    check_target("target=.", "/w");
    check_target("type=bind", "/w");
    check_target("target=$V/x", "/v/x");
    check_target("type=secret,id=a", "/run/secrets/a");
    check_target("type=secret,id=dir/a", "/run/secrets/a");
    check_target("type=secret,target=t", "/w/t");
    check_target("type=ssh", "/run/buildkit/ssh_agent.0");
    check_target("TYPE=Cache,TARGET=/c", "/c");
    check_target("\\\"target=/a,b\\\",ro", "/a,b");
}

static void test_access(void **state)
{
    static const struct {
        const char *options;
        bool read_only;
    } cases[] = {
        {"target=/a", true},
        {"target=/a,rw", false},
        {"target=/a,readwrite=false", true},
        {"target=/a,ro=false", false},
        {"type=cache,target=/a", false},
        {"type=cache,target=/a,readonly", true},
        {"type=tmpfs,target=/a", false},
        {"type=tmpfs,target=/a,ro", true},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        AUTO_PLANNED p = {0};
        assert_int_equal(mount_of(&p, cases[i].options)->read_only, cases[i].read_only);
    }
}

static void check_id(const char *options, const char *id, unsigned mode)
{
    AUTO_PLANNED p = {0};
    const struct ocib_mount *mount = mount_of(&p, options);
    assert_string_equal(mount->id, id);
    assert_int_equal(mount->mode, mode);
}

static void test_ids(void **state)
{
    check_id("type=cache,target=/a//b/", "/a/b", 0755);
    check_id("type=cache,target=./c", "c", 0755);
    check_id("type=cache,target=/a,id=x,mode=1777", "x", 01777);
    check_id("type=secret,id=a", "a", 0400);
    check_id("type=secret,src=b,target=/x", "b", 0400);
    check_id("type=secret,target=/x/c,mode=0440", "c", 0440);
    check_id("type=ssh", "default", 0600);
    check_id("type=ssh,id=k,mode=0666", "k", 0666);
}

static void test_secret_variables(void **state)
{
    AUTO_PLANNED p = {0};
    AUTO_PLANNED both = {0};
    const struct ocib_mount *mount = mount_of(&p, "type=secret,id=a,env=A,required");
    assert_null(mount->target);
    assert_string_equal(mount->env, "A");
    assert_true(mount->required);
    mount = mount_of(&both, "type=secret,id=a,env=A,target=/x");
    assert_string_equal(mount->target, "/x");
}

static void test_numbers(void **state)
{
    static const struct {
        const char *text;
        uint64_t size;
    } cases[] = {
        {"0", 0},        {"12", 12},        {"1k", 1024},      {"2KB", 2048},
        {"$W", 1048576}, {"1.5m", 1572864}, {"1GiB", 1 << 30}, {"7b", 7},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        AUTO_PLANNED p = {0};
        OCIB_AUTO_FREE char *options = ocib_format("type=tmpfs,target=/t,size=%s", cases[i].text);
        assert_int_equal(mount_of(&p, options)->size, cases[i].size);
    }
    AUTO_PLANNED p = {0};
    const struct ocib_mount *mount = mount_of(&p, "type=cache,target=/c,uid=5,gid=6");
    assert_true(mount->owned);
    assert_int_equal(mount->uid, 5);
    assert_int_equal(mount->gid, 6);
}

static void test_from(void **state)
{
    AUTO_PLANNED p = {0};
    const struct ocib_mount *mount = mount_of(&p, "from=base,target=/x,source=a/../b");
    assert_int_equal(mount->from, OCIB_FROM_STAGE);
    assert_int_equal(mount->from_stage, 0);
    assert_string_equal(mount->source, "/b");
    size_t count;
    ocib_plan_order(p.plan, &count);
    assert_int_equal(count, 2);
    AUTO_PLANNED image = {0};
    mount = mount_of(&image, "type=cache,from=busybox:1,target=/x");
    assert_int_equal(mount->from, OCIB_FROM_IMAGE);
    assert_string_equal(mount->from_image, "busybox:1");
}

static void check_bad(const char *options, const char *message)
{
    OCIB_AUTO_FREE char *text = ocib_format("FROM alpine\nRUN --mount=%s true\n", options);
    planned_bad(text, message);
}

static void test_refused(void **state)
{
    check_bad("target=/", "RUN --mount: nothing can be mounted on '/'");
    check_bad("type=bind", "RUN --mount: nothing can be mounted on '/'");
    check_bad("type=volume,target=/x", "RUN --mount: 'type' can't be 'volume'");
    check_bad("target", "RUN --mount: 'target' has no value");
    check_bad("traget=/x", "RUN --mount: unknown option 'traget'");
    check_bad("target=/x,", "RUN --mount: unknown option ''");
    check_bad("target=/x,ro=yes", "RUN --mount: 'ro' can't be 'yes'");
    check_bad("target=/x,required", "RUN --mount: 'required' is not for mounts of type bind");
    check_bad("target=/x,mode=0755", "RUN --mount: 'mode' is not for mounts of type bind");
    check_bad("type=tmpfs,target=/x,size=1x", "RUN --mount: 'size' can't be '1x'");
    check_bad("type=cache,target=/x,size=1", "RUN --mount: 'size' is not for mounts of type cache");
    check_bad("type=cache,target=/x,mode=9", "RUN --mount: 'mode' can't be '9'");
    check_bad("type=cache,target=/x,mode=10000", "RUN --mount: 'mode' can't be '10000'");
    check_bad("type=cache,target=/x,uid=me", "RUN --mount: 'uid' can't be 'me'");
    check_bad("type=cache,target=/x,sharing=all", "RUN --mount: 'sharing' can't be 'all'");
    check_bad("type=cache,target=/x,source=a", "RUN --mount: a cache with a source needs a from");
    check_bad("type=secret", "RUN --mount: the secret has no name");
    check_bad("type=secret,id=a,src=b", "RUN --mount: a secret has an id or a source, not both");
    check_bad("type=secret,id=a,from=b", "RUN --mount: 'from' is not for mounts of type secret");
    check_bad("type=ssh,src=b", "RUN --mount: 'src' is not for mounts of type ssh");
    check_bad("from=$X,target=/x", "variables are not expanded in a mount's from=");
    check_bad("from=0,target=/x", "the stage '0' copies from itself");
}

static void test_too_many(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "FROM alpine\nRUN ");
    for (int i = 0; i <= OCIB_MOUNTS_MAX; i++) {
        ocib_buf_puts(&text, "--mount=type=tmpfs,target=/x ");
    }
    ocib_buf_puts(&text, "true\n");
    planned_bad(text.data, "RUN has more than 64 mounts");
}

static void test_idle_options_warn(void **state)
{
    AUTO_PLANNED p = {0};
    mount_of(&p, "type=tmpfs,target=/x,id=a");
    check_strings(&p.warnings, "5:13: RUN --mount: 'id' does nothing for mounts of type tmpfs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_secret_variables),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_from),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_idle_options_warn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
