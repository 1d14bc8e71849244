#include "plan_test.h"

static void check_ports(const char *words, const char *history, const char *config)
{
    AUTO_PLANNED p = {0};
    OCIB_AUTO_FREE char *text =
        ocib_format("FROM alpine\nENV P=80 Q=\"1 2/udp\"\nEXPOSE %s\n", words);
    planned_good(&p, text);
    assert_string_equal(planned_op(&p, 1)->created_by, history);
    check_strings(&planned_target(&p)->config.exposed_ports, config);
}

static void test_ports(void **state)
{
    check_ports("80", "EXPOSE [80/tcp]", "80/tcp");
    check_ports("443/TCP 53/udp 9/sctp", "EXPOSE [443/tcp 53/udp 9/sctp]", "443/tcp|53/udp|9/sctp");
    check_ports("90 8-10/udp", "EXPOSE [8/udp 9/udp 10/udp 90/tcp]", "8/udp|9/udp|10/udp|90/tcp");
    check_ports("$P ${Q}", "EXPOSE [80/tcp 1/tcp 2/udp]", "80/tcp|1/tcp|2/udp");
    check_ports("80 80/tcp 080", "EXPOSE [80/tcp 80/tcp 80/tcp]", "80/tcp");
    check_ports("5/", "EXPOSE [5/tcp]", "5/tcp");
    check_ports("0 65535", "EXPOSE [0/tcp 65535/tcp]", "0/tcp|65535/tcp");
    check_ports("$NONE", "EXPOSE []", "");
    check_ports("7-7", "EXPOSE [7/tcp]", "7/tcp");
}

static void test_mappings_warn(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM alpine\nEXPOSE 80 127.0.0.1:8080:81\n");
    check_strings(&planned_target(&p)->config.exposed_ports, "81/tcp|80/tcp");
    check_strings(&p.warnings,
                  "2:11: EXPOSE can't map a port to the host; only the container's is kept");
}

static void test_base_ports_stay(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM rich\nEXPOSE 2 1\n");
    check_strings(&planned_target(&p)->config.exposed_ports, "1/tcp|2/tcp");
}

static void test_refused(void **state)
{
    static const char *const cases[][2] = {
        {"a", "is no port"},
        {"65536", "is no port"},
        {"-1", "is no port"},
        {"1-", "is no port"},
        {"1-2-3", "is no port"},
        {"80:", "is no port"},
        {"/tcp", "is no port"},
        {"2-1", "ends before it begins"},
        {"1/icmp", "has an unknown protocol"},
        {"1/tcp/udp", "has an unknown protocol"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_FREE char *text = ocib_format("FROM alpine\nEXPOSE %s\n", cases[i][0]);
        OCIB_AUTO_FREE char *message = ocib_format("EXPOSE: '%s' %s", cases[i][0], cases[i][1]);
        planned_bad(text, message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_mappings_warn),
        cmocka_unit_test(test_base_ports_stay),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
