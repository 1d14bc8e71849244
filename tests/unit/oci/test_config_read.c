#include "oci/image.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ID     "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ROOTFS "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" ID "\"]}"

/* As Docker's classic builder wrote it: much that is not ours, null for what is not there. */
static void test_reads_docker_v1_fields(void **state)
{
    static const char text[] =
        "{\"architecture\":\"arm64\",\"variant\":\"v8\",\"os\":\"linux\",\"docker_version\":\"20."
        "10\","
        "\"container\":\"abc\",\"container_config\":{\"Cmd\":[\"x\"]},\"created\":\"2023-01-02T03:"
        "04:05.123Z\","
        "\"author\":\"me\",\"config\":{\"Hostname\":\"\",\"AttachStdin\":false,\"User\":\"1:2\","
        "\"Env\":[\"PATH=/"
        "bin\",\"A=b=c\"],\"Cmd\":null,\"Entrypoint\":[],\"Volumes\":null,\"Image\":\"x\","
        "\"WorkingDir\":\"/w\",\"Labels\":{\"b\":\"1\",\"a\":null},\"ArgsEscaped\":true,"
        "\"ExposedPorts\":{\"80/tcp\":{},\"53/udp\":{}},\"OnBuild\":[\"RUN "
        "x\"],\"StopSignal\":\"9\","
        "\"Healthcheck\":{\"Test\":[\"CMD\",\"t\"],\"Interval\":5,\"Retries\":2}},"
        "\"history\":[{\"created_by\":\"a\"},{\"created_by\":\"b\",\"empty_layer\":true}]," ROOTFS
        "}";
    OCIB_AUTO(ocib_config_release) struct ocib_config c = {0};
    assert_int_equal(ocib_config_parse(ocib_str(text), &c, NULL), 0);
    assert_string_equal(c.platform.architecture, "arm64");
    assert_string_equal(c.platform.variant, "v8");
    assert_string_equal(c.created, "2023-01-02T03:04:05.123Z");
    assert_string_equal(c.author, "me");
    assert_string_equal(c.user, "1:2");
    assert_int_equal(c.env.len, 2);
    assert_string_equal(c.env.items[1], "A=b=c");
    assert_false(c.has_cmd);
    assert_true(c.has_entrypoint);
    assert_int_equal(c.entrypoint.len, 0);
    assert_int_equal(c.volumes.len, 0);
    assert_string_equal(c.exposed_ports.items[0], "53/udp");
    assert_string_equal(c.exposed_ports.items[1], "80/tcp");
    assert_string_equal(c.labels.items[0], "a=");
    assert_string_equal(c.labels.items[1], "b=1");
    assert_true(c.args_escaped);
    assert_string_equal(c.onbuild.items[0], "RUN x");
    assert_string_equal(c.healthcheck->test.items[1], "t");
    assert_int_equal(c.healthcheck->interval, 5);
    assert_int_equal(c.healthcheck->retries, 2);
    assert_int_equal(c.history.len, 2);
    assert_true(c.history.items[1].empty_layer);
    assert_string_equal(c.diff_ids.items[0], ID);
}

static void test_reads_config_without_history(void **state)
{
    OCIB_AUTO(ocib_config_release) struct ocib_config c = {0};
    assert_int_equal(ocib_config_parse(OCIB_STR("{" ROOTFS "}"), &c, NULL), 0);
    assert_int_equal(c.history.len, 0);
    assert_null(c.healthcheck);
}

static void test_refuses(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "not valid JSON at line 1, column 0: '[' or '{' expected near end of file"},
        {"[]", "not a JSON object"},
        {"{}", "there is no \"rootfs\""},
        {"{\"rootfs\":3}", "\"rootfs\" is not an object"},
        {"{\"rootfs\":{\"type\":\"squashfs\"}}",
         "\"rootfs\" is of type \"squashfs\", not \"layers\""},
        {"{\"rootfs\":{\"diff_ids\":[\"" ID "\",\"sha512:00\"]}}",
         "\"diff_ids\"[1]: digest \"sha512:00\" is not a sha256 digest"},
        {"{" ROOTFS ",\"history\":[{},{}]}",
         "the history tells of 2 layers, but there are only 1 diff IDs"},
        {"{" ROOTFS ",\"history\":[{},3]}", "\"history\"[1]: not an object"},
        {"{" ROOTFS ",\"created\":\"yesterday\"}",
         "\"created\" is \"yesterday\", not a time as in RFC 3339"},
        {"{" ROOTFS ",\"created\":\"2024-01-02T03:04:05\"}",
         "\"created\" is \"2024-01-02T03:04:05\", not a time as in RFC 3339"},
        {"{" ROOTFS ",\"config\":{\"Env\":[1]}}", "\"config\": \"Env\" is not a list of strings"},
        {"{" ROOTFS ",\"config\":{\"User\":1}}", "\"config\": \"User\" is not a string"},
        {"{" ROOTFS ",\"config\":{\"Volumes\":[]}}", "\"config\": \"Volumes\" is not an object"},
        {"{" ROOTFS ",\"config\":{\"Labels\":{\"a\":1}}}",
         "\"config\": \"Labels\" is not an object of strings"},
        {"{" ROOTFS ",\"config\":{\"Healthcheck\":{\"Retries\":99999999999}}}",
         "\"config\": \"Healthcheck\": \"Retries\" is out of range"},
        {"{" ROOTFS ",\"config\":{\"User\":\"a\\u0000b\"}}",
         "not valid JSON at line 1, column 142: NUL in a string"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        struct ocib_config c = {0};
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        OCIB_AUTO_FREE char *message = ocib_format("image config: %s", cases[i].message);
        assert_int_equal(ocib_config_parse(ocib_str(cases[i].text), &c, &err), -1);
        assert_string_equal(ocib_error_message(err), message);
        assert_null(c.diff_ids.items);
    }
}

static void test_accepts_times_with_offset(void **state)
{
    static const char text[] = "{" ROOTFS ",\"created\":\"2024-01-02T03:04:05.5+01:00\"}";
    OCIB_AUTO(ocib_config_release) struct ocib_config c = {0};
    assert_int_equal(ocib_config_parse(OCIB_STR(text), &c, NULL), 0);
}

static void test_layers_and_diff_ids_go_together(void **state)
{
    OCIB_AUTO(ocib_config_release) struct ocib_config c = {0};
    assert_int_equal(ocib_config_parse(OCIB_STR("{" ROOTFS "}"), &c, NULL), 0);
    OCIB_AUTO(ocib_manifest_release) struct ocib_manifest m = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_image_check(&m, &c, &err), -1);
    assert_string_equal(ocib_error_message(err),
                        "the image manifest lists 0 layers, its config 1 diff IDs");
    (void)ocib_vec_add(&m.layers);
    assert_int_equal(ocib_image_check(&m, &c, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_docker_v1_fields),
        cmocka_unit_test(test_reads_config_without_history),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_accepts_times_with_offset),
        cmocka_unit_test(test_layers_and_diff_ids_go_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
