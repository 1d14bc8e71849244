#include "registry/check.h"
#include "registry/toml.h"

/* A readable copy of what was read: one line a table and a key. */
static void show(const struct ocib_toml *toml, struct ocib_buf *out)
{
    for (size_t i = 0; i < toml->len; i++) {
        const struct ocib_toml_table *table = &toml->items[i];
        ocib_buf_printf(out, table->repeated ? "[[%s]]" : "[%s]", table->name);
        for (size_t j = 0; j < table->len; j++) {
            const struct ocib_toml_value *value = &table->items[j].value;
            ocib_buf_printf(out, " %s=", table->items[j].key);
            switch (value->kind) {
            case OCIB_TOML_STRING:
                ocib_buf_printf(out, "'%s'", value->string);
                break;
            case OCIB_TOML_BOOL:
                ocib_buf_puts(out, value->boolean ? "yes" : "no");
                break;
            case OCIB_TOML_STRINGS:
                for (size_t k = 0; k < value->strings.len; k++) {
                    ocib_buf_printf(out, "<%s>", value->strings.items[k]);
                }
                break;
            case OCIB_TOML_OTHER:
                ocib_buf_puts(out, "other");
                break;
            }
        }
        ocib_buf_putc(out, ';');
    }
}

static char *read_text(const char *text)
{
    OCIB_AUTO(ocib_toml_release) struct ocib_toml toml = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out;
    ocib_buf_init(&out);
    struct ocib_source *source = ocib_source_new("f", ocib_str(text));
    if (ocib_toml_parse(source, &toml, &err)) {
        OCIB_AUTO_FREE char *shown = check_error_text(err);
        ocib_buf_puts(&out, shown);
    } else {
        show(&toml, &out);
    }
    ocib_source_free(source);
    return ocib_buf_take(&out);
}

struct sample {
    const char *text;
    const char *expected;
};

static void check_samples(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        OCIB_AUTO_FREE char *found = read_text(samples[i].text);
        assert_string_equal(found, samples[i].expected);
    }
}

static void test_good(void **state)
{
    static const struct sample samples[] = {
        {"", "[];"},
        {"# only a comment", "[];"},
        {"a = \"b\" # c\r\nd=true\ne = false\n", "[] a='b' d=yes e=no;"},
        {"[[r]]\nx='1'\n[[r.m]]\nx='2'\n[[r]]\nx='3'\n",
         "[];[[r]] x='1';[[r.m]] x='2';[[r]] x='3';"},
        {"[ a . \"b.c\" ]\n'k 1'='v'", "[];[a.b.c] k 1='v';"},
        {"a = [ \"x\", # one\n 'y',\n]\nb = []", "[] a=<x><y> b=;"},
        {"a = [1, 2]\nb = [[\"x\"]]\nc = {d = 'e', f.g = 1}\nh = {}",
         "[] a=other b=other c=other h=other;"},
        {"a=1\nb=-1.5e3\nc=1979-05-27T07:32:00Z\nd=+inf\ne=0xff\nf=nan",
         "[] a=other b=other c=other d=other e=other f=other;"},
        {"a=\"\\t\\\"\\\\\\u00e4\\U0001F600\"", "[] a='\t\"\\\xc3\xa4\xf0\x9f\x98\x80';"},
        {"a='c:\\x'", "[] a='c:\\x';"},
        {"a=\"\"\"\none\\\n   two\"\"\"\nb='''\nx\ny'''\nc=\"\"", "[] a='onetwo' b='x\ny' c='';"},
        {"a.b = 'c'\n[d]\ne.f='g'\ne.h='i'", "[];[a] b='c';[d];[d.e] f='g' h='i';"}};
    check_samples(samples, OCIB_COUNT(samples));
}

static void test_bad(void **state)
{
    static const struct sample samples[] = {
        {"a = b", "[2] f:1:5: a value was expected here: texts are put in quotes"},
        {"a =", "[2] f:1:4: a value was expected here: texts are put in quotes"},
        {"\n  a", "[2] f:2:4: '=' was expected here"},
        {"= 1", "[2] f:1:1: a key was expected here"},
        {"a = 'x' y", "[2] f:1:9: the line should end here"},
        {"a = 'x", "[2] f:1:7: a string that is not closed"},
        {"a = \"x\ny\"", "[2] f:1:7: a string that is not closed"},
        {"a = \"\\q\"", "[2] f:1:7: unknown escape in a string"},
        {"a = \"\\u12g4\"", "[2] f:1:10: bad digit in a \\u escape"},
        {"a = \"\\ud800\"", "[2] f:1:12: a \\u escape that is no character"},
        {"a = \"\\u0000\"", "[2] f:1:12: a \\u escape that is no character"},
        {"a = '\x01'", "[2] f:1:6: a control character in a string"},
        {"a = ['x' 'y']", "[2] f:1:10: ',' or ']' was expected here"},
        {"a = ['x',", "[2] f:1:10: a value was expected here: texts are put in quotes"},
        {"a = {b 1}", "[2] f:1:8: '=' was expected here"},
        {"a = {b = 1 c = 2}", "[2] f:1:12: ',' or '}' was expected here"},
        {"[a", "[2] f:1:3: ']' was expected here"},
        {"[[a]", "[2] f:1:4: ']]' was expected here"},
        {"[]", "[2] f:1:2: a key was expected here"},
        {"a=1\na=2", "[2] f:2:1: key 'a' stands in line 1 already"},
        {"[a]\n[b]\n[a]", "[2] f:3:1: table 'a' stands in line 1 already"},
        {"[[a]]\n[a]", "[2] f:2:1: table 'a' stands in line 1 already"},
        {"a=[[[[[[[[[[1]]]]]]]]]]", "[2] f:1:12: values nested too deep"}};
    check_samples(samples, OCIB_COUNT(samples));
}

static void test_too_many(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text;
    ocib_buf_init(&text);
    ocib_buf_puts(&text, "a = [");
    for (int i = 0; i < 10000; i++) {
        ocib_buf_puts(&text, "1,");
    }
    ocib_buf_puts(&text, "]");
    OCIB_AUTO_FREE char *found = read_text(text.data);
    assert_non_null(strstr(found, "too many tables and keys"));
}

/* Dotted keys make tables, and the list of tables moves as it grows. */
static void test_many_tables_of_dotted_keys(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text;
    OCIB_AUTO_BUF struct ocib_buf expected;
    ocib_buf_init(&text);
    ocib_buf_init(&expected);
    ocib_buf_puts(&expected, "[];");
    for (int i = 0; i < 200; i++) {
        ocib_buf_printf(&text, "t%d.k = 'v%d'\n", i, i);
        ocib_buf_printf(&expected, "[t%d] k='v%d';", i, i);
    }
    OCIB_AUTO_FREE char *found = read_text(text.data);
    assert_string_equal(found, expected.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
                                       cmocka_unit_test(test_too_many),
                                       cmocka_unit_test(test_many_tables_of_dotted_keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
