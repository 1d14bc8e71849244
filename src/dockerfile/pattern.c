#include "dockerfile/pattern.h"

#include "base/mem.h"
#include "base/vec.h"

#include <stdint.h>

/* Bounds the work of one match: value × pattern. */
enum { PATTERN_MAX = 256 };

enum { ANY_CHAR = 0x200000, ANY_RUN = 0x200001, BAD_BYTE = 0x110000 };

/*
 * A text as characters, so that "?" is one character and the ends can be swapped. A byte that is no
 * UTF-8 counts as one character.
 */
struct runes {
    OCIB_VEC(uint32_t);
};

static size_t sequence_len(unsigned char lead)
{
    if (lead >= 0xf0 && lead < 0xf8) {
        return 4;
    }
    if (lead >= 0xe0) {
        return lead < 0xf0 ? 3 : 1;
    }
    return lead >= 0xc2 ? 2 : 1;
}

static size_t decode(struct ocib_str text, size_t at, uint32_t *rune)
{
    unsigned char lead = (unsigned char)text.s[at];
    size_t n = sequence_len(lead);
    *rune = lead < 0x80 ? lead : BAD_BYTE + lead;
    if (n == 1 || at + n > text.len) {
        return 1;
    }
    uint32_t value = lead & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        unsigned char c = (unsigned char)text.s[at + i];
        if ((c & 0xc0) != 0x80) {
            return 1;
        }
        value = value << 6 | (c & 0x3f);
    }
    if ((n == 3 && value < 0x800) || (n == 4 && (value < 0x10000 || value > 0x10ffff))) {
        return 1; /* overlong or too large: taken as bytes, so that encoding gives them back */
    }
    *rune = value;
    return n;
}

static void encode(uint32_t rune, struct ocib_buf *out)
{
    if (rune >= BAD_BYTE) {
        ocib_buf_putc(out, (char)(rune - BAD_BYTE));
    } else if (rune < 0x80) {
        ocib_buf_putc(out, (char)rune);
    } else {
        int more = rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
        static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};
        ocib_buf_putc(out, (char)(leads[more] | rune >> (6 * more)));
        while (more-- > 0) {
            ocib_buf_putc(out, (char)(0x80 | (rune >> (6 * more) & 0x3f)));
        }
    }
}

static void runes_release(struct runes *runes)
{
    ocib_vec_release(runes);
}
#define AUTO_RUNES OCIB_AUTO(runes_release)

static void reverse(struct runes *runes)
{
    for (size_t i = 0; i < runes->len / 2; i++) {
        uint32_t other = runes->items[runes->len - 1 - i];
        runes->items[runes->len - 1 - i] = runes->items[i];
        runes->items[i] = other;
    }
}

static void read_value(struct ocib_str text, struct runes *out)
{
    for (size_t i = 0; i < text.len;) {
        uint32_t rune;
        i += decode(text, i, &rune);
        ocib_vec_push(out, rune);
    }
}

static int read_pattern(struct ocib_str text, struct runes *out, struct ocib_error **err)
{
    for (size_t i = 0; i < text.len;) {
        uint32_t rune;
        i += decode(text, i, &rune);
        if (rune == '*') {
            rune = ANY_RUN;
        } else if (rune == '?') {
            rune = ANY_CHAR;
        } else if (rune == '\\') {
            if (i == text.len) {
                return ocib_error_set(err, OCIB_EDOCKERFILE, "the pattern '%.*s' ends in an escape",
                                      OCIB_STR_ARG(text));
            }
            i += decode(text, i, &rune);
        }
        ocib_vec_push(out, rune);
        if (out->len > PATTERN_MAX) {
            return ocib_error_set(err, OCIB_EDOCKERFILE, "a pattern is longer than %d characters",
                                  PATTERN_MAX);
        }
    }
    return 0;
}

/* True if the pattern's piece [from, to), which has no ANY_RUN, stands at `at`. */
static bool piece_at(const struct runes *pattern, size_t from, size_t to, const struct runes *value,
                     size_t at)
{
    if (value->len - at < to - from) {
        return false;
    }
    for (size_t i = from; i < to; i++) {
        uint32_t want = pattern->items[i];
        if (want != ANY_CHAR && want != value->items[at + i - from]) {
            return false;
        }
    }
    return true;
}

static size_t piece_end(const struct runes *pattern, size_t from)
{
    while (from < pattern->len && pattern->items[from] != ANY_RUN) {
        from++;
    }
    return from;
}

/* Where the piece stands first (or last) at or after *at; false if nowhere. */
static bool find_piece(const struct runes *pattern, size_t from, size_t to,
                       const struct runes *value, bool last, size_t *at)
{
    size_t room = value->len - *at;
    if (room < to - from) {
        return false;
    }
    size_t places = room - (to - from) + 1;
    for (size_t i = 0; i < places; i++) {
        size_t place = last ? *at + places - 1 - i : *at + i;
        if (piece_at(pattern, from, to, value, place)) {
            *at = place;
            return true;
        }
    }
    return false;
}

/*
 * Matches from *start on, or, unanchored, from the first place after it that fits. The pieces
 * between the stars are taken at their first places: that leaves most room for the others, so one
 * pass decides. The last piece decides how long the match is.
 */
static bool match(const struct runes *pattern, const struct runes *value, bool anchored,
                  bool longest, size_t *start, size_t *end)
{
    size_t to = piece_end(pattern, 0);
    size_t at = *start;
    bool found = anchored ? piece_at(pattern, 0, to, value, at)
                          : find_piece(pattern, 0, to, value, false, &at);
    if (!found) {
        return false;
    }
    *start = at;
    at += to;
    while (to < pattern->len) {
        size_t from = to + 1;
        to = piece_end(pattern, from);
        if (!find_piece(pattern, from, to, value, longest && to == pattern->len, &at)) {
            return false;
        }
        at += to - from;
    }
    *end = at;
    return true;
}

static int trim(struct ocib_str pattern, struct ocib_str value, bool at_end, bool longest,
                struct ocib_buf *out, struct ocib_error **err)
{
    AUTO_RUNES struct runes p = {0};
    AUTO_RUNES struct runes v = {0};
    if (read_pattern(pattern, &p, err) < 0) {
        return -1;
    }
    read_value(value, &v);
    if (at_end) {
        reverse(&p);
        reverse(&v);
    }
    size_t start = 0;
    size_t end = 0;
    if (!match(&p, &v, true, longest, &start, &end)) {
        end = 0;
    }
    if (at_end) {
        reverse(&v);
    }
    for (size_t i = at_end ? 0 : end; i < (at_end ? v.len - end : v.len); i++) {
        encode(v.items[i], out);
    }
    return 0;
}

int ocib_pattern_trim_prefix(struct ocib_str pattern, struct ocib_str value, bool longest,
                             struct ocib_buf *out, struct ocib_error **err)
{
    return trim(pattern, value, false, longest, out, err);
}

int ocib_pattern_trim_suffix(struct ocib_str pattern, struct ocib_str value, bool longest,
                             struct ocib_buf *out, struct ocib_error **err)
{
    return trim(pattern, value, true, longest, out, err);
}

static void encode_range(const struct runes *value, size_t from, size_t to, struct ocib_buf *out)
{
    for (size_t i = from; i < to; i++) {
        encode(value->items[i], out);
    }
}

int ocib_pattern_replace(struct ocib_str pattern, struct ocib_str value, struct ocib_str with,
                         bool all, size_t max, struct ocib_buf *out, struct ocib_error **err)
{
    AUTO_RUNES struct runes p = {0};
    AUTO_RUNES struct runes v = {0};
    if (read_pattern(pattern, &p, err) < 0) {
        return -1;
    }
    read_value(value, &v);
    size_t done = 0;            /* copied up to here */
    size_t last_end = SIZE_MAX; /* no empty match right behind another one */
    size_t from = 0;
    size_t end = 0;
    while (from <= v.len && out->len <= max) {
        size_t start = from;
        if (!match(&p, &v, false, true, &start, &end)) {
            break;
        }
        if (end > start || start != last_end) {
            encode_range(&v, done, start, out);
            ocib_buf_add_str(out, with);
            done = last_end = end;
        }
        from = end > start ? end : end + 1;
        if (!all) {
            break;
        }
    }
    encode_range(&v, done, v.len, out);
    return 0;
}
