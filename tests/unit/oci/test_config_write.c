#include "oci/image.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What BuildKit wrote for a Dockerfile with every instruction that shows in a config. */
static const char buildkit[] =
    "{\"architecture\":\"amd64\",\"config\":{\"User\":\"0:0\",\"ExposedPorts\":{\"53/udp\""
    ":{},\"8000/tcp\":{}},\"Env\":[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bi"
    "n:/sbin:/bin\",\"B=1\",\"A=two words\"],\"Cmd\":[\"/bin/sh\",\"-c\",\"echo hi\"],\"Vo"
    "lumes\":{\"/a\":{},\"/data\":{}},\"WorkingDir\":\"/srv/app\",\"Labels\":{\"a\":\"\\u0"
    "03c\\u0026\\u003eé\",\"m.n\":\"line\",\"z\":\"1\"},\"StopSignal\":\"SIGINT\",\"ArgsEs"
    "caped\":true,\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"wget -q http://127.0.0.1/ || "
    "exit 1\"],\"Interval\":30000000000,\"Timeout\":3000000000,\"StartPeriod\":60000000000"
    ",\"StartInterval\":2000000000,\"Retries\":3},\"OnBuild\":[\"RUN true\"],\"Shell\":[\""
    "/bin/sh\",\"-ec\"]},\"created\":\"2026-11-20T10:03:10.419122576Z\",\"history\":[{\"cr"
    "eated\":\"2026-11-20T09:42:16.438944878Z\",\"created_by\":\"add-layer\"},{\"created\""
    ":\"2026-11-20T10:03:10.330714952Z\",\"created_by\":\"LABEL z=1 a=\\u003c\\u0026\\u003"
    "eé m.n=line\",\"comment\":\"buildkit.dockerfile.v0\",\"empty_layer\":true},{\"created"
    "\":\"2026-11-20T10:03:10.330714952Z\",\"created_by\":\"WORKDIR /srv/app\",\"comment\""
    ":\"buildkit.dockerfile.v0\"},{\"created\":\"2026-11-20T10:03:10.330714952Z\",\"create"
    "d_by\":\"HEALTHCHECK \\u0026{[\\\"CMD-SHELL\\\" \\\"wget -q http://127.0.0.1/ || exit"
    " 1\\\"] \\\"30s\\\" \\\"3s\\\" \\\"1m0s\\\" \\\"2s\\\" '\\\\x03'}\",\"comment\":\"bui"
    "ldkit.dockerfile.v0\",\"empty_layer\":true},{\"created\":\"2026-11-20T10:03:10.409233"
    "212Z\",\"created_by\":\"RUN /bin/sh -ec echo \\\"a\\\" \\u003e /y \\u0026\\u0026 echo"
    " '\\ttab' # buildkit\",\"comment\":\"buildkit.dockerfile.v0\"},{\"created\":\"2026-11"
    "-20T10:03:10.419122576Z\",\"created_by\":\"COPY /x /x # buildkit\",\"comment\":\"buil"
    "dkit.dockerfile.v0\"}],\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":"
    "[\"sha256:b4283821cc4db000157684831bda474aa4a5add3c41303e9dd7fa2288640ed2a\",\"sha256"
    ":d0d88e6b92c5eb5fc11b192b6c099bceda66831562f83a2775ee9f7f50bb2e6e\",\"sha256:db8a7e21"
    "6b87ccb33503ff5c53ac6c54ef1e2192f030f717d1c7683ac3cb65f6\",\"sha256:d0b0b5c3f6f81de15"
    "03a721b984e65c0330e6ed2a894d31a176148873fc9e1ba\"]}}";

static char *write_config(const struct ocib_config *config)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    ocib_config_write(config, &out);
    return ocib_buf_take(&out);
}

static void test_writes_what_buildkit_writes(void **state)
{
    OCIB_AUTO(ocib_config_release) struct ocib_config config = {0};
    assert_int_equal(ocib_config_parse(ocib_str(buildkit), &config, NULL), 0);
    OCIB_AUTO_FREE char *text = write_config(&config);
    assert_string_equal(text, buildkit);
    OCIB_AUTO(ocib_config_release) struct ocib_config copy = {0};
    ocib_config_copy(&copy, &config);
    ocib_config_release(&config);
    OCIB_AUTO_FREE char *again = write_config(&copy);
    assert_string_equal(again, buildkit);
}

static void test_writes_an_empty_config(void **state)
{
    struct ocib_config config = {0};
    OCIB_AUTO_FREE char *text = write_config(&config);
    assert_string_equal(text, "{\"architecture\":\"\",\"config\":{},\"os\":\"\",\"rootfs\":"
                              "{\"type\":\"layers\",\"diff_ids\":[]}}");
    OCIB_AUTO(ocib_config_release) struct ocib_config back = {0};
    assert_int_equal(ocib_config_parse(ocib_str(text), &back, NULL), 0);
}

static void test_order_of_labels_does_not_matter(void **state)
{
    OCIB_AUTO(ocib_config_release) struct ocib_config config = {0};
    ocib_strings_push(&config.labels, "b=2");
    ocib_strings_push(&config.labels, "a.b=3");
    ocib_strings_push(&config.labels, "a=old");
    ocib_strings_push(&config.labels, "a=x=y");
    ocib_strings_push(&config.labels, "bare");
    ocib_strings_push(&config.volumes, "/z");
    ocib_strings_push(&config.volumes, "/a=b");
    ocib_strings_push(&config.volumes, "/z");
    OCIB_AUTO_FREE char *text = write_config(&config);
    assert_non_null(
        strstr(text, "\"Labels\":{\"a\":\"x=y\",\"a.b\":\"3\",\"b\":\"2\",\"bare\":\"\"}"));
    assert_non_null(strstr(text, "\"Volumes\":{\"/a=b\":{},\"/z\":{}}"));
}

static void test_bytes_that_are_not_utf8(void **state)
{
    OCIB_AUTO(ocib_config_release) struct ocib_config config = {0};
    ocib_strings_push(&config.env, "A=caf\xe9 \xc3\xa9\xed\xa0\x80");
    OCIB_AUTO_FREE char *text = write_config(&config);
    const char *mended = "A=caf\xef\xbf\xbd \xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd";
    assert_non_null(strstr(text, mended));
    OCIB_AUTO(ocib_config_release) struct ocib_config back = {0};
    assert_int_equal(ocib_config_parse(ocib_str(text), &back, NULL), 0);
    assert_string_equal(back.env.items[0], mended);
}

static void test_empty_healthcheck_is_kept(void **state)
{
    OCIB_AUTO(ocib_config_release) struct ocib_config config = {0};
    config.healthcheck = ocib_new(struct ocib_healthcheck);
    ocib_strings_push(&config.healthcheck->test, "NONE");
    OCIB_AUTO_FREE char *text = write_config(&config);
    assert_non_null(strstr(text, "\"Healthcheck\":{\"Test\":[\"NONE\"]}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_what_buildkit_writes),
        cmocka_unit_test(test_writes_an_empty_config),
        cmocka_unit_test(test_order_of_labels_does_not_matter),
        cmocka_unit_test(test_bytes_that_are_not_utf8),
        cmocka_unit_test(test_empty_healthcheck_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
