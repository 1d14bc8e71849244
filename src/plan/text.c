#include "plan/internal.h"

/* ---- strconv.Quote ---- */

/* The length of the UTF-8 sequence of a printable character; 0 if there is none. */
static size_t printable_len(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t n = s[0] >= 0xf0 && s[0] < 0xf5   ? 4
               : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
               : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                                             : 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool surrogate = s[0] == 0xed && s[1] >= 0xa0;
    bool beyond = s[0] == 0xf4 && s[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : n;
}

static void quote_byte(struct ocib_buf *out, char c, char quote)
{
    static const char from[] = "\a\b\f\n\r\t\v\\";
    static const char to[] = "abfnrtv\\";
    const char *known = c ? strchr(from, c) : NULL;
    if (known) {
        ocib_buf_printf(out, "\\%c", to[known - from]);
    } else if (c == quote) {
        ocib_buf_printf(out, "\\%c", c);
    } else if ((unsigned char)c < ' ' || (unsigned char)c >= 0x7f) {
        ocib_buf_printf(out, "\\x%02x", (unsigned char)c);
    } else {
        ocib_buf_putc(out, c);
    }
}

void ocib_go_quote(struct ocib_buf *out, const char *text)
{
    ocib_buf_putc(out, '"');
    while (*text) {
        size_t n = printable_len(text);
        /* U+0080 to U+00A0 are control characters and a blank that Go doesn't print. */
        bool control = n == 2 && (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] <= 0xa0;
        if (control) {
            ocib_buf_printf(out, "\\u%04x", (unsigned char)text[1]);
        } else if (n) {
            ocib_buf_add(out, text, n);
        } else {
            quote_byte(out, *text, '"');
        }
        text += n ? n : 1;
    }
    ocib_buf_putc(out, '"');
}

void ocib_go_quote_list(struct ocib_buf *out, const struct ocib_strings *list, size_t from)
{
    ocib_buf_putc(out, '[');
    for (size_t i = from; i < list->len; i++) {
        if (i > from) {
            ocib_buf_putc(out, ' ');
        }
        ocib_go_quote(out, list->items[i]);
    }
    ocib_buf_putc(out, ']');
}

void ocib_go_list(struct ocib_buf *out, const struct ocib_strings *list, size_t from)
{
    ocib_buf_putc(out, '[');
    for (size_t i = from; i < list->len; i++) {
        ocib_buf_printf(out, "%s%s", i > from ? " " : "", list->items[i]);
    }
    ocib_buf_putc(out, ']');
}

void ocib_go_quote_rune(struct ocib_buf *out, int number)
{
    ocib_buf_putc(out, '\'');
    if (number >= 0 && number < 0x7f) {
        quote_byte(out, (char)number, '\'');
    } else if (number == 0x7f) {
        ocib_buf_puts(out, "\\x7f");
    } else if (number > 0xffff && number <= 0x10ffff) {
        ocib_buf_printf(out, "\\U%08x", (unsigned)number);
    } else if (number > 0x10ffff || (number >= 0xd800 && number < 0xe000)) {
        ocib_buf_puts(out, "\xef\xbf\xbd"); /* U+FFFD */
    } else if (number <= 0xa0 || number == 0xad) {
        ocib_buf_printf(out, "\\u%04x", (unsigned)number);
    } else if (number < 0x800) {
        ocib_buf_printf(out, "%c%c", (char)(0xc0 | number >> 6), (char)(0x80 | (number & 0x3f)));
    } else {
        ocib_buf_printf(out, "%c%c%c", (char)(0xe0 | number >> 12),
                        (char)(0x80 | (number >> 6 & 0x3f)), (char)(0x80 | (number & 0x3f)));
    }
    ocib_buf_putc(out, '\'');
}

/* ---- time.Duration ---- */

#define SECOND INT64_C(1000000000)

/* "1.5" of 1500 thousandths: the fraction without zeros at its end. */
static void put_decimal(struct ocib_buf *out, int64_t value, int64_t unit)
{
    ocib_buf_printf(out, "%lld", (long long)(value / unit));
    int64_t rest = value % unit;
    if (rest) {
        ocib_buf_putc(out, '.');
    }
    while (rest) {
        unit /= 10;
        ocib_buf_putc(out, (char)('0' + rest / unit));
        rest %= unit;
    }
}

void ocib_go_duration(struct ocib_buf *out, int64_t nanoseconds)
{
    if (nanoseconds == 0) {
        ocib_buf_puts(out, "0s");
        return;
    }
    if (nanoseconds < SECOND) {
        bool milli = nanoseconds >= 1000000;
        bool micro = nanoseconds >= 1000;
        put_decimal(out, nanoseconds, milli ? 1000000 : micro ? 1000 : 1);
        ocib_buf_puts(out, milli ? "ms" : micro ? "\xc2\xb5s" : "ns");
        return;
    }
    int64_t minutes = nanoseconds / (60 * SECOND);
    if (minutes >= 60) {
        ocib_buf_printf(out, "%lldh", (long long)(minutes / 60));
    }
    if (minutes) {
        ocib_buf_printf(out, "%lldm", (long long)(minutes % 60));
    }
    put_decimal(out, nanoseconds % (60 * SECOND), SECOND);
    ocib_buf_putc(out, 's');
}

/* Takes the unit off the text; its length in nanoseconds, or 0. */
static int64_t cut_unit(struct ocib_str *text)
{
    static const struct {
        const char *name;
        int64_t length;
    } units[] = {
        {"ns", 1},       {"us", 1000},  {"\xc2\xb5s", 1000}, {"\xce\xbcs", 1000},
        {"ms", 1000000}, {"s", SECOND}, {"m", 60 * SECOND},  {"h", 3600 * SECOND},
    };
    for (size_t i = 0; i < OCIB_COUNT(units); i++) {
        if (ocib_str_starts(*text, units[i].name)) {
            *text = ocib_str_sub(*text, strlen(units[i].name), text->len);
            return units[i].length;
        }
    }
    return 0;
}

static size_t digits_len(struct ocib_str text)
{
    size_t n = 0;
    while (n < text.len && text.s[n] >= '0' && text.s[n] <= '9') {
        n++;
    }
    return n;
}

/* The digits behind a point, times the unit. */
static int64_t fraction(struct ocib_str digits, int64_t unit)
{
    int64_t sum = 0;
    int64_t scale = unit;
    for (size_t i = 0; i < digits.len && scale >= 10; i++) {
        /* Whole tenths of a unit are exact down to a nanosecond, hours included. */
        scale /= 10;
        sum += scale * (digits.s[i] - '0');
    }
    return sum;
}

static bool cut_term(struct ocib_str *text, int64_t *sum)
{
    uint64_t whole = 0;
    size_t n = digits_len(*text);
    struct ocib_str digits = ocib_str_sub(*text, 0, n);
    struct ocib_str decimals = OCIB_STR("");
    if (n && !ocib_str_uint(digits, INT64_MAX, &whole)) {
        return false;
    }
    *text = ocib_str_sub(*text, n, text->len);
    if (ocib_str_starts(*text, ".")) {
        *text = ocib_str_sub(*text, 1, text->len);
        decimals = ocib_str_sub(*text, 0, digits_len(*text));
        *text = ocib_str_sub(*text, decimals.len, text->len);
    }
    int64_t unit = n + decimals.len ? cut_unit(text) : 0;
    int64_t value;
    return unit && !__builtin_mul_overflow((int64_t)whole, unit, &value) &&
           !__builtin_add_overflow(*sum, value, sum) &&
           !__builtin_add_overflow(*sum, fraction(decimals, unit), sum);
}

bool ocib_go_parse_duration(struct ocib_str text, int64_t *out)
{
    bool negative = ocib_str_starts(text, "-");
    if (negative || ocib_str_starts(text, "+")) {
        text = ocib_str_sub(text, 1, text.len);
    }
    *out = 0;
    if (ocib_str_is(text, "0")) {
        return true;
    }
    if (text.len == 0) {
        return false;
    }
    while (text.len) {
        if (!cut_term(&text, out)) {
            return false;
        }
    }
    *out = negative ? -*out : *out;
    return true;
}
