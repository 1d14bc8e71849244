#include "io_test.h"

#define EMPTY "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void known_digests(void **state)
{
    struct ocib_digest d;
    ocib_digest_of("", 0, &d);
    assert_string_equal(d.text, EMPTY);
    ocib_digest_of("abc", 3, &d);
    assert_string_equal(d.text,
                        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(ocib_digest_hex(&d),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void hasher_in_pieces_and_again(void **state)
{
    struct ocib_hasher *h = ocib_hasher_new();
    struct ocib_digest d, whole;
    ocib_hasher_update(h, "a", 1);
    ocib_hasher_update(h, "bc", 2);
    ocib_hasher_final(h, &d);
    ocib_digest_of("abc", 3, &whole);
    assert_true(ocib_digest_eq(&d, &whole));
    ocib_hasher_final(h, &d);
    assert_string_equal(d.text, EMPTY);
    ocib_hasher_free(h);
    ocib_hasher_free(NULL);
}

static void fields_do_not_run_together(void **state)
{
    struct ocib_hasher *h = ocib_hasher_new();
    struct ocib_digest one, other;
    ocib_hasher_field(h, OCIB_STR("ab"));
    ocib_hasher_field(h, OCIB_STR("c"));
    ocib_hasher_final(h, &one);
    ocib_hasher_field(h, OCIB_STR("a"));
    ocib_hasher_field(h, OCIB_STR("bc"));
    ocib_hasher_final(h, &other);
    assert_false(ocib_digest_eq(&one, &other));
    ocib_digest_of("\2\0\0\0\0\0\0\0ab\1\0\0\0\0\0\0\0c", 19, &other);
    assert_true(ocib_digest_eq(&one, &other));
    ocib_hasher_free(h);
}

static void parses_only_sha256(void **state)
{
    struct ocib_digest d = {0};
    struct ocib_error *err = NULL;
    assert_false(ocib_digest_is_set(&d));
    assert_false(ocib_digest_eq(&d, &d));
    assert_int_equal(ocib_digest_parse(OCIB_STR(EMPTY), &d, &err), 0);
    assert_true(ocib_digest_is_set(&d));
    assert_string_equal(d.text, EMPTY);
    assert_int_equal(ocib_digest_parse(OCIB_STR("sha512:00"), &d, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "digest \"sha512:00\" is not a sha256 digest");
    assert_int_equal(ocib_digest_parse(OCIB_STR("sha256:00"), &d, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "has not 64 lower-case hex digits");
    char upper[] = EMPTY;
    upper[8] = 'B';
    assert_int_equal(ocib_digest_parse(ocib_str(upper), &d, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "has not 64 lower-case hex digits");
    assert_int_equal(ocib_digest_parse(OCIB_STR(EMPTY "0"), &d, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "has not 64 lower-case hex digits");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_digests),
        cmocka_unit_test(hasher_in_pieces_and_again),
        cmocka_unit_test(fields_do_not_run_together),
        cmocka_unit_test(parses_only_sha256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
