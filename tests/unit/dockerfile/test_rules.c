#include "parse_test.h"

/* One instruction of each kind with all its flags, in small letters. */
static const struct {
    enum ocib_instruction_kind kind;
    const char *name;
    const char *text;
    size_t flags;
} all[] = {
    {OCIB_INS_ADD, "ADD",
     "add --keep-git-dir --chown=a --chmod=1 --link=false --checksum=x --exclude=a --exclude=b "
     "--unpack=True a b",
     8},
    {OCIB_INS_ARG, "ARG", "arg a", 0},
    {OCIB_INS_CMD, "CMD", "cmd a", 0},
    {OCIB_INS_COPY, "COPY",
     "copy --from=a --chown=a --chmod=1 --link --parents=FALSE --exclude=a --exclude=b a b", 7},
    {OCIB_INS_ENTRYPOINT, "ENTRYPOINT", "entrypoint a", 0},
    {OCIB_INS_ENV, "ENV", "env a=b", 0},
    {OCIB_INS_EXPOSE, "EXPOSE", "expose 1", 0},
    {OCIB_INS_FROM, "FROM", "from --platform=a b", 1},
    {OCIB_INS_HEALTHCHECK, "HEALTHCHECK",
     "healthcheck --interval=1s --timeout=1s --start-period=1s --start-interval=1s --retries=1 "
     "cmd a",
     5},
    {OCIB_INS_LABEL, "LABEL", "label a=b", 0},
    {OCIB_INS_MAINTAINER, "MAINTAINER", "maintainer a", 0},
    {OCIB_INS_ONBUILD, "ONBUILD", "onbuild run a", 0},
    {OCIB_INS_RUN, "RUN",
     "run --mount=a --mount=b --network=none --security=insecure --device=a --device=b a", 6},
    {OCIB_INS_SHELL, "SHELL", "shell [\"a\"]", 0},
    {OCIB_INS_STOPSIGNAL, "STOPSIGNAL", "stopsignal a", 0},
    {OCIB_INS_USER, "USER", "user a", 0},
    {OCIB_INS_VOLUME, "VOLUME", "volume a", 0},
    {OCIB_INS_WORKDIR, "WORKDIR", "workdir a", 0},
};

static void test_all_instructions(void **state)
{
    assert_int_equal(OCIB_COUNT(all), 18);
    for (size_t i = 0; i < OCIB_COUNT(all); i++) {
        OCIB_AUTO_FREE char *text = ocib_format("FROM x\n%s\n", all[i].text);
        AUTO_FILE *file = parse_good(text);
        assert_int_equal(second(file)->kind, all[i].kind);
        assert_string_equal(ocib_instruction_name(all[i].kind), all[i].name);
        assert_int_equal(second(file)->flags.len, all[i].flags);
    }
}

static void test_no_other_flags(void **state)
{
    for (size_t i = 0; i < OCIB_COUNT(all); i++) {
        const char *rest = strchr(all[i].text, ' ');
        OCIB_AUTO_FREE char *text = ocib_format("FROM x\n%s --nope%s\n", all[i].name, rest);
        OCIB_AUTO_FREE char *message = ocib_format("%s has no flag '--nope'", all[i].name);
        parse_bad(text, message);
    }
}

static void test_flag_values(void **state)
{
    parse_bad("FROM x\nCOPY --link= a b", "--link takes true or false, not ''");
    parse_bad("FROM x\nCOPY --link --link a b", "--link is given twice");
    parse_bad("FROM x\nRUN --mount a", "--mount has no value");
    AUTO_FILE *file = parse_good("FROM x\nCOPY --chown= a b");
    assert_true(ocib_instruction_flag(second(file), "chown")->has_value);
    assert_null(ocib_instruction_flag(second(file), "chmod"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_instructions),
        cmocka_unit_test(test_no_other_flags),
        cmocka_unit_test(test_flag_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
