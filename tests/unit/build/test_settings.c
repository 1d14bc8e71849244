#include "build/settings.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define AUTO_SETTINGS OCIB_AUTO(ocib_step_settings_release) struct ocib_step_settings

static void check_host(const char *text, const char *line)
{
    AUTO_SETTINGS settings;
    OCIB_AUTO_BUF struct ocib_buf file = {0};
    ocib_step_settings_init(&settings);
    assert_int_equal(ocib_step_settings_host(&settings, text, NULL), 0);
    ocib_step_hosts_file(&settings, &file);
    OCIB_AUTO_FREE char *want = ocib_format("127.0.0.1\tlocalhost ocib\n"
                                            "::1\tlocalhost ip6-localhost ip6-loopback\n%s\n",
                                            line);
    assert_string_equal(file.data, want);
}

static void test_hosts(void **state)
{
    check_host("a:1.2.3.4", "1.2.3.4\ta");
    check_host("a=1.2.3.4", "1.2.3.4\ta");
    check_host("a.b-c_d:::1", "::1\ta.b-c_d");
    check_host("a:[fe80::1]", "fe80::1\ta");
    check_host("a=[::1]", "::1\ta");
    check_host("a:host-gateway", "127.0.0.1\ta");
}

static void test_bad_hosts(void **state)
{
    static const char *const bad[] = {"",    "a",           "a:",     ":1.2.3.4",    "a:1.2.3",
                                      "a:b", "a b:1.2.3.4", "a=::1]", "a\n:1.2.3.4", "a#:1.2.3.4"};
    for (size_t i = 0; i < OCIB_COUNT(bad); i++) {
        AUTO_SETTINGS settings;
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        OCIB_AUTO_FREE char *message =
            ocib_format("--add-host '%s' is no name with an address", bad[i]);
        ocib_step_settings_init(&settings);
        assert_int_equal(ocib_step_settings_host(&settings, bad[i], &err), -1);
        assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
        assert_string_equal(ocib_error_message(err), message);
    }
}

static void test_resolv_conf(void **state)
{
    AUTO_SETTINGS settings;
    OCIB_AUTO_BUF struct ocib_buf file = {0};
    const struct ocib_str own =
        OCIB_STR("# mine\nnameserver 1.1.1.1\nsearch x\ndomain y\noptions ndots:9\nsortlist z\n");
    ocib_step_settings_init(&settings);
    ocib_step_resolv_file(&settings, own, &file);
    assert_string_equal(file.data, own.s);
    assert_int_equal(ocib_step_settings_dns(&settings, "8.8.8.8", NULL), 0);
    assert_int_equal(ocib_step_settings_dns(&settings, "::2", NULL), 0);
    assert_int_equal(ocib_step_settings_dns(&settings, "x", NULL), -1);
    ocib_buf_clear(&file);
    ocib_step_resolv_file(&settings, own, &file);
    assert_string_equal(file.data, "# mine\nsearch x\ndomain y\noptions ndots:9\nsortlist z\n"
                                   "nameserver 8.8.8.8\nnameserver ::2\n");
    ocib_strings_push(&settings.dns_search, "a");
    ocib_strings_push(&settings.dns_search, "b");
    ocib_strings_push(&settings.dns_options, "use-vc");
    ocib_buf_clear(&file);
    ocib_step_resolv_file(&settings, own, &file);
    assert_string_equal(file.data, "# mine\nsortlist z\nsearch a b\nnameserver 8.8.8.8\n"
                                   "nameserver ::2\noptions use-vc\n");
}

static void test_no_search(void **state)
{
    AUTO_SETTINGS settings;
    OCIB_AUTO_BUF struct ocib_buf file = {0};
    ocib_step_settings_init(&settings);
    ocib_strings_push(&settings.dns_search, ".");
    ocib_step_resolv_file(&settings, OCIB_STR("search x\nnameserver 1.1.1.1"), &file);
    assert_string_equal(file.data, "nameserver 1.1.1.1\n");
    assert_false(settings.keep_resolv_conf);
    assert_int_equal(ocib_step_settings_dns(&settings, "none", NULL), 0);
    assert_true(settings.keep_resolv_conf);
}

static char *key_of(const struct ocib_step_settings *settings)
{
    OCIB_AUTO_STRINGS struct ocib_strings list = {0};
    struct ocib_buf text = {0};
    ocib_step_settings_key(settings, &list);
    ocib_buf_init(&text);
    for (size_t i = 0; i < list.len; i++) {
        ocib_buf_printf(&text, "%s;", list.items[i]);
    }
    return ocib_buf_take(&text);
}

/* What BuildKit counts too: names of hosts without their addresses, limits, no name servers. */
static void test_key(void **state)
{
    AUTO_SETTINGS settings;
    ocib_step_settings_init(&settings);
    ocib_strings_push(&settings.dns, "1.1.1.1");
    settings.policy.cgroup_parent = ocib_strdup("/x");
    ocib_strings_push(&settings.policy.cgroup, "memory.max=1");
    OCIB_AUTO_FREE char *none = key_of(&settings);
    assert_string_equal(none, "");
    assert_int_equal(ocib_step_settings_host(&settings, "a:1.2.3.4", NULL), 0);
    assert_int_equal(ocib_policy_ulimit(&settings.policy, "cpu=1:2", NULL), 0);
    settings.policy.shm_size = 5;
    settings.policy.caps = 1;
    settings.policy.no_new_privileges = true;
    settings.policy.unmasked = true;
    settings.policy.unfiltered = true;
    settings.hostname = "h";
    OCIB_AUTO_FREE char *all = key_of(&settings);
    assert_string_equal(all, "caps=1;no-new-privileges;unmasked;seccomp=unconfined;ulimit=0:1:2;"
                             "shm=5;host=a;hostname=h;");
    settings.policy.unfiltered = false;
    ocib_buf_add(&settings.policy.filter, "x", 1);
    OCIB_AUTO_FREE char *filter = key_of(&settings);
    assert_non_null(strstr(filter,
                           "seccomp=sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db0"
                           "2258717921a4881;"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts),       cmocka_unit_test(test_bad_hosts),
        cmocka_unit_test(test_resolv_conf), cmocka_unit_test(test_no_search),
        cmocka_unit_test(test_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
