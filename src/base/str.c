#include "base/str.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

struct ocib_str ocib_str_sub(struct ocib_str str, size_t from, size_t to)
{
    if (to > str.len) {
        to = str.len;
    }
    if (from > to) {
        from = to;
    }
    return (struct ocib_str){str.s + from, to - from};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct ocib_str ocib_str_trim(struct ocib_str str)
{
    while (str.len && is_blank(str.s[0])) {
        str.s++;
        str.len--;
    }
    while (str.len && is_blank(str.s[str.len - 1])) {
        str.len--;
    }
    return str;
}

bool ocib_str_eq(struct ocib_str a, struct ocib_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

bool ocib_str_is(struct ocib_str a, const char *b)
{
    return ocib_str_eq(a, ocib_str(b));
}

bool ocib_str_is_nocase(struct ocib_str a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.s, b, a.len) == 0;
}

bool ocib_str_starts(struct ocib_str str, const char *prefix)
{
    size_t n = strlen(prefix);
    return str.len >= n && memcmp(str.s, prefix, n) == 0;
}

bool ocib_str_ends(struct ocib_str str, const char *suffix)
{
    size_t n = strlen(suffix);
    return str.len >= n && memcmp(str.s + str.len - n, suffix, n) == 0;
}

ptrdiff_t ocib_str_find(struct ocib_str str, char c)
{
    const char *at = str.len ? memchr(str.s, c, str.len) : NULL;
    return at ? at - str.s : -1;
}

ptrdiff_t ocib_str_rfind(struct ocib_str str, char c)
{
    const char *at = str.len ? memrchr(str.s, c, str.len) : NULL;
    return at ? at - str.s : -1;
}

char *ocib_str_dup(struct ocib_str str)
{
    return ocib_strndup(str.s, str.len);
}

bool ocib_str_cut(struct ocib_str *rest, char sep, struct ocib_str *word)
{
    if (rest->len == 0) {
        return false;
    }
    ptrdiff_t at = ocib_str_find(*rest, sep);
    if (at < 0) {
        *word = *rest;
        *rest = ocib_str_sub(*rest, rest->len, rest->len);
        return true;
    }
    *word = ocib_str_sub(*rest, 0, (size_t)at);
    *rest = ocib_str_sub(*rest, (size_t)at + 1, rest->len);
    return true;
}

bool ocib_str_uint(struct ocib_str str, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (str.len == 0) {
        return false;
    }
    for (size_t i = 0; i < str.len; i++) {
        if (!isdigit((unsigned char)str.s[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(str.s[i] - '0'), &value)) {
            return false;
        }
    }
    *out = value;
    return value <= max;
}

enum { NEAREST_MAX = 64 }; /* longer words have no near name: bounds the table below */

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Two neighbouring letters in the wrong order, the commonest slip, count as one edit. */
static bool swapped(struct ocib_str a, struct ocib_str b, size_t i, size_t j)
{
    return i > 1 && j > 1 && same_letter(a.s[i - 1], b.s[j - 2]) &&
           same_letter(a.s[i - 2], b.s[j - 1]);
}

/* Edits that turn a into b, a row for each letter of a; only the last three rows are kept. */
static unsigned distance(struct ocib_str a, struct ocib_str b)
{
    unsigned rows[3][NEAREST_MAX + 1];
    for (size_t i = 0; i <= a.len; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            if (i == 0) {
                row[j] = (unsigned)j;
                continue;
            }
            unsigned change = same_letter(a.s[i - 1], b.s[j - 1]) ? 0 : 1;
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + change);
            if (swapped(a, b, i, j) && rows[(i + 1) % 3][j - 2] + 1 < row[j]) {
                row[j] = rows[(i + 1) % 3][j - 2] + 1;
            }
        }
    }
    return rows[a.len % 3][b.len];
}

const char *ocib_str_nearest(struct ocib_str word, const char *const *names)
{
    const char *best = NULL;
    unsigned least = word.len <= 4 ? 2 : 3; /* at most 1 edit in a short word, 2 in a longer one */
    if (word.len > NEAREST_MAX) {
        return NULL;
    }
    for (size_t i = 0; names[i]; i++) {
        struct ocib_str name = ocib_str(names[i]);
        if (name.len > NEAREST_MAX) {
            continue;
        }
        unsigned d = distance(word, name);
        if (d < least) {
            least = d;
            best = names[i];
        }
    }
    return best;
}

bool ocib_str_bytes(const char *text, uint64_t *out)
{
    static const char units[] = "bkmgtp";
    size_t digits = strspn(text, "0123456789.");
    struct ocib_str unit = ocib_str_trim(ocib_str(text + digits));
    char *end;
    if (*text < '0' || *text > '9') {
        return false;
    }
    double number = strtod(text, &end);
    const char *prefix = unit.len ? strchr(units, unit.s[0] | 0x20) : units;
    struct ocib_str tail = ocib_str_sub(unit, 1, unit.len);
    bool bytes = prefix == units;
    bool known = tail.len == 0 ||
                 (!bytes && (ocib_str_is_nocase(tail, "b") || ocib_str_is_nocase(tail, "ib")));
    if (end != text + digits || !prefix || !*prefix || !known) {
        return false;
    }
    for (; prefix > units; prefix--) {
        number *= 1024;
    }
    *out = number < 9e18 ? (uint64_t)number : 0;
    return number < 9e18;
}

bool ocib_str_bool(struct ocib_str str, bool *out)
{
    static const char *const words[] = {"1", "t", "T", "TRUE",  "true",  "True",
                                        "0", "f", "F", "FALSE", "false", "False"};
    const size_t count = sizeof(words) / sizeof(words[0]);
    for (size_t i = 0; i < count; i++) {
        if (ocib_str_is(str, words[i])) {
            *out = i < count / 2;
            return true;
        }
    }
    return false;
}
