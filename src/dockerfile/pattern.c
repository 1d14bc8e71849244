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

/* A run of the pattern, [from, to), without ANY_RUN. */
struct run {
    const struct runes *pattern;
    size_t from;
    size_t to;
};

static struct run run_at(const struct runes *pattern, size_t from)
{
    struct run run = {pattern, from, from};
    while (run.to < pattern->len && pattern->items[run.to] != ANY_RUN) {
        run.to++;
    }
    return run;
}

static bool stands_at(struct run run, const struct runes *value, size_t at)
{
    if (value->len - at < run.to - run.from) {
        return false;
    }
    for (size_t i = run.from; i < run.to; i++) {
        uint32_t want = run.pattern->items[i];
        if (want != ANY_CHAR && want != value->items[at + i - run.from]) {
            return false;
        }
    }
    return true;
}

/* Where the run stands first (or last) at or after *at; false if nowhere. */
static bool find_run(struct run run, const struct runes *value, bool last, size_t *at)
{
    size_t room = value->len - *at;
    size_t len = run.to - run.from;
    if (room < len) {
        return false;
    }
    size_t places = room - len + 1;
    for (size_t i = 0; i < places; i++) {
        size_t place = last ? *at + places - 1 - i : *at + i;
        if (stands_at(run, value, place)) {
            *at = place;
            return true;
        }
    }
    return false;
}

/*
 * The runs behind the first star, from *at on; *at is left where the match ends. Each is taken at
 * its first place: that leaves most room for the others, so one pass decides. The last one decides
 * how long the match is.
 */
static bool match_rest(struct run first, const struct runes *value, bool longest, size_t *at)
{
    struct run run = first;
    while (run.to < run.pattern->len) {
        run = run_at(run.pattern, run.to + 1);
        if (!find_run(run, value, longest && run.to == run.pattern->len, at)) {
            return false;
        }
        *at += run.to - run.from;
    }
    return true;
}

static int trim(const struct ocib_pattern *pattern, struct ocib_str value, bool at_end,
                struct runes *out, struct ocib_error **err)
{
    AUTO_RUNES struct runes p = {0};
    if (read_pattern(pattern->text, &p, err) < 0) {
        return -1;
    }
    read_value(value, out);
    if (at_end) {
        reverse(&p);
        reverse(out);
    }
    struct run first = run_at(&p, 0);
    size_t end = first.to;
    bool fits = stands_at(first, out, 0) && match_rest(first, out, pattern->longest, &end);
    if (fits && end > 0) {
        memmove(out->items, out->items + end, (out->len - end) * sizeof(*out->items));
        out->len -= end;
    }
    if (at_end) {
        reverse(out);
    }
    return 0;
}

static void encode_range(const struct runes *value, size_t from, size_t to, struct ocib_buf *out)
{
    for (size_t i = from; i < to; i++) {
        encode(value->items[i], out);
    }
}

int ocib_pattern_trim_prefix(const struct ocib_pattern *pattern, struct ocib_str value,
                             struct ocib_buf *out, struct ocib_error **err)
{
    AUTO_RUNES struct runes v = {0};
    int result = trim(pattern, value, false, &v, err);
    encode_range(&v, 0, v.len, out);
    return result;
}

int ocib_pattern_trim_suffix(const struct ocib_pattern *pattern, struct ocib_str value,
                             struct ocib_buf *out, struct ocib_error **err)
{
    AUTO_RUNES struct runes v = {0};
    int result = trim(pattern, value, true, &v, err);
    encode_range(&v, 0, v.len, out);
    return result;
}

int ocib_pattern_replace(const struct ocib_pattern_change *change, struct ocib_str value,
                         struct ocib_buf *out, struct ocib_error **err)
{
    AUTO_RUNES struct runes p = {0};
    AUTO_RUNES struct runes v = {0};
    if (read_pattern(change->pattern, &p, err) < 0) {
        return -1;
    }
    read_value(value, &v);
    struct run first = run_at(&p, 0);
    size_t done = 0;            /* copied up to here */
    size_t last_end = SIZE_MAX; /* no empty match right behind another one */
    for (size_t from = 0; from <= v.len && out->len <= change->max;) {
        size_t start = from;
        if (!find_run(first, &v, false, &start)) {
            break;
        }
        size_t end = start + first.to;
        if (!match_rest(first, &v, true, &end)) {
            break;
        }
        if (end > start || start != last_end) {
            encode_range(&v, done, start, out);
            ocib_buf_add_str(out, change->with);
            done = last_end = end;
        }
        from = end > start ? end : end + 1;
        if (!change->all) {
            break;
        }
    }
    encode_range(&v, done, v.len, out);
    return 0;
}
