#include "plan_test.h"

static void test_signals(void **state)
{
    static const char *const good[] = {"SIGTERM",  "sigterm",  "TERM",       "kill",
                                       "1",        "64",       "SIGRTMIN",   "SIGRTMIN+1",
                                       "RTMIN+15", "rtmax-14", "SIGRTMAX-1", "SIGUSR1"};
    for (size_t i = 0; i < OCIB_COUNT(good); i++) {
        AUTO_PLANNED p = {0};
        OCIB_AUTO_FREE char *text = ocib_format("FROM alpine\nSTOPSIGNAL %s\n", good[i]);
        OCIB_AUTO_FREE char *history = ocib_format("STOPSIGNAL %s", good[i]);
        planned_good(&p, text);
        assert_string_equal(planned_target(&p)->config.stop_signal, good[i]);
        assert_string_equal(planned_op(&p, 0)->created_by, history);
    }
    static const char *const bad[] = {"0",          "65",         "SIG",         "-9",
                                      "SIGSIGTERM", "SIGRTMIN+0", "SIGRTMIN+16", "SIGRTMAX-15",
                                      "RTMIN-1",    "STOPPED"};
    for (size_t i = 0; i < OCIB_COUNT(bad); i++) {
        OCIB_AUTO_FREE char *text = ocib_format("FROM alpine\nSTOPSIGNAL %s\n", bad[i]);
        OCIB_AUTO_FREE char *message = ocib_format("STOPSIGNAL: '%s' is no signal", bad[i]);
        planned_bad(text, message);
    }
}

static void test_expanded(void **state)
{
    check_history("STOPSIGNAL SIG${X:-INT}", "STOPSIGNAL SIGINT");
    planned_bad("FROM a\nSTOPSIGNAL $X\n", "STOPSIGNAL: '' is no signal");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_expanded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
