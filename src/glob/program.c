#include "glob/program.h"

#include "base/mem.h"

#include <string.h>

static uint32_t take_byte(struct ocib_str *rest)
{
    rest->len--;
    return OCIB_RUNE_BYTE + (unsigned char)*rest->s++;
}

/* The bytes of a character by its first byte, and the least code point of that length (shorter
 * forms of it are invalid: RFC 3629). */
static size_t rune_length(unsigned char first, uint32_t *least)
{
    static const uint32_t minimum[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = first < 0x80                     ? 1
                    : first >= 0xC0 && first <= 0xDF ? 2
                    : first >= 0xE0 && first <= 0xEF ? 3
                    : first >= 0xF0 && first <= 0xF7 ? 4
                                                     : 0;
    *least = minimum[length];
    return length;
}

uint32_t ocib_rune_take(struct ocib_str *rest)
{
    unsigned char first = (unsigned char)rest->s[0];
    uint32_t least;
    size_t length = rune_length(first, &least);
    if (length == 0 || length > rest->len) {
        return take_byte(rest);
    }
    uint32_t rune = length == 1 ? first : first & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)rest->s[i];
        if ((next & 0xC0) != 0x80) {
            return take_byte(rest);
        }
        rune = rune << 6 | (next & 0x3F);
    }
    if (rune < least || rune > OCIB_RUNE_MAX || (rune >= 0xD800 && rune <= 0xDFFF)) {
        return take_byte(rest);
    }
    rest->s += length;
    rest->len -= length;
    return rune;
}

static void add_rune(struct ocib_buf *out, uint32_t c)
{
    if (c < 0x80) {
        ocib_buf_putc(out, (char)c);
    } else if (c < 0x800) {
        ocib_buf_putc(out, (char)(0xC0 | c >> 6));
        ocib_buf_putc(out, (char)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        ocib_buf_putc(out, (char)(0xE0 | c >> 12));
        ocib_buf_putc(out, (char)(0x80 | (c >> 6 & 0x3F)));
        ocib_buf_putc(out, (char)(0x80 | (c & 0x3F)));
    } else if (c >= OCIB_RUNE_BYTE) {
        ocib_buf_putc(out, (char)(c - OCIB_RUNE_BYTE));
    } else {
        ocib_buf_putc(out, (char)(0xF0 | c >> 18));
        ocib_buf_putc(out, (char)(0x80 | (c >> 12 & 0x3F)));
        ocib_buf_putc(out, (char)(0x80 | (c >> 6 & 0x3F)));
        ocib_buf_putc(out, (char)(0x80 | (c & 0x3F)));
    }
}

void ocib_program_release(struct ocib_program *program)
{
    ocib_vec_release(&program->ranges);
    ocib_buf_release(&program->prefix);
    ocib_buf_release(&program->suffix);
    ocib_vec_release(program);
}

void ocib_program_char(struct ocib_program *program, uint32_t c)
{
    ocib_vec_push(program, ((struct ocib_token){.kind = OCIB_TOKEN_CHAR, .c = c}));
}

void ocib_program_set(struct ocib_program *program, bool negated)
{
    ocib_vec_push(program,
                  ((struct ocib_token){
                      .kind = OCIB_TOKEN_SET, .negated = negated, .first = program->ranges.len}));
}

void ocib_program_range(struct ocib_program *program, uint32_t low, uint32_t high)
{
    ocib_vec_push(&program->ranges, ((struct ocib_rune_range){low, high}));
    program->items[program->len - 1].count++;
}

void ocib_program_star(struct ocib_program *program)
{
    program->items[program->len - 1].star = true;
}

void ocib_program_not(struct ocib_program *program, uint32_t c, bool star)
{
    ocib_program_set(program, true);
    ocib_program_range(program, c, c);
    program->items[program->len - 1].star = star;
}

void ocib_program_any_folders(struct ocib_program *program)
{
    ocib_vec_push(program, ((struct ocib_token){.kind = OCIB_TOKEN_SPLIT}));
    ocib_program_not(program, '\n', true); /* "." of a regexp is no line feed */
    ocib_program_char(program, '/');
}

void ocib_program_start(struct ocib_program *program)
{
    ocib_vec_push(program, ((struct ocib_token){.kind = OCIB_TOKEN_START}));
}

static bool is_plain(const struct ocib_token *token)
{
    return token->kind == OCIB_TOKEN_CHAR && !token->star;
}

void ocib_program_seal(struct ocib_program *program)
{
    size_t head = 0;
    while (head < program->len && is_plain(&program->items[head])) {
        add_rune(&program->prefix, program->items[head++].c);
    }
    /* A split may jump over the two tokens behind it, so it ends the suffix with them. */
    size_t tail = program->len;
    while (tail > head && is_plain(&program->items[tail - 1]) &&
           !(tail >= 3 && program->items[tail - 3].kind == OCIB_TOKEN_SPLIT)) {
        tail--;
    }
    for (size_t i = tail; i < program->len; i++) {
        add_rune(&program->suffix, program->items[i].c);
    }
}

/* --- running ------------------------------------------------------------------------------- */

/* The set of tokens to go on from; bit program->len means "matched". */
struct states {
    uint64_t *bits;
    size_t words;
};

struct run {
    const struct ocib_program *program;
    struct states now;
    struct states next;
    uint64_t few[2][4]; /* spares the allocation for usual patterns */
    uint64_t *many;
};

static void run_begin(struct run *run, const struct ocib_program *program)
{
    size_t words = program->len / 64 + 1;
    *run = (struct run){.program = program};
    if (words <= 4) {
        run->now.bits = run->few[0];
        run->next.bits = run->few[1];
    } else {
        run->many = ocib_alloc(2 * words, sizeof(*run->many));
        run->now.bits = run->many;
        run->next.bits = run->many + words;
    }
    run->now.words = run->next.words = words;
    run->now.bits[0] = 1;
}

static void run_end(struct run *run)
{
    free(run->many);
}

static void add_state(struct states *states, size_t state)
{
    states->bits[state / 64] |= (uint64_t)1 << state % 64;
}

static bool has_state(const struct states *states, size_t state)
{
    return states->bits[state / 64] >> state % 64 & 1;
}

static bool token_takes(const struct run *run, const struct ocib_token *token, uint32_t c)
{
    if (token->kind == OCIB_TOKEN_CHAR) {
        return token->c == c;
    }
    c = c > OCIB_RUNE_MAX ? OCIB_RUNE_ERROR : c;
    bool in = false;
    for (size_t i = 0; i < token->count && !in; i++) {
        const struct ocib_rune_range *range = &run->program->ranges.items[token->first + i];
        in = range->low <= c && c <= range->high;
    }
    return in != token->negated;
}

/* Adds what can be reached without a character; such moves only lead forward. */
static void spread(struct run *run, size_t state, bool at_start)
{
    const struct ocib_token *token = &run->program->items[state];
    if (token->kind == OCIB_TOKEN_SPLIT) {
        add_state(&run->now, state + 1);
        add_state(&run->now, state + 3);
    } else if (token->kind == OCIB_TOKEN_START ? at_start : token->star) {
        add_state(&run->now, state + 1);
    }
}

static void advance(struct run *run, size_t state, uint32_t c)
{
    const struct ocib_token *token = &run->program->items[state];
    if ((token->kind == OCIB_TOKEN_CHAR || token->kind == OCIB_TOKEN_SET) &&
        token_takes(run, token, c)) {
        add_state(&run->next, token->star ? state : state + 1);
    }
}

/* The lowest state ≥ from of a set, or -1. */
static ptrdiff_t next_state(const struct states *states, size_t from)
{
    for (size_t word = from / 64; word < states->words; word++) {
        uint64_t bits = states->bits[word];
        if (word == from / 64) {
            bits &= ~(uint64_t)0 << from % 64;
        }
        if (bits) {
            return (ptrdiff_t)(word * 64 + (size_t)__builtin_ctzll(bits));
        }
    }
    return -1;
}

/* One character; false if no state is left. */
static bool run_step(struct run *run, uint32_t c, bool at_start)
{
    memset(run->next.bits, 0, run->next.words * sizeof(uint64_t));
    ptrdiff_t state = next_state(&run->now, 0);
    while (state >= 0 && (size_t)state < run->program->len) {
        spread(run, (size_t)state, at_start);
        advance(run, (size_t)state, c);
        state = next_state(&run->now, (size_t)state + 1);
    }
    struct states swap = run->now;
    run->now = run->next;
    run->next = swap;
    return next_state(&run->now, 0) >= 0;
}

static bool run_all(struct run *run, struct ocib_str path)
{
    bool at_start = true;
    while (path.len) {
        uint32_t c = ocib_rune_take(&path);
        if (!run_step(run, c, at_start)) {
            return false;
        }
        at_start = false;
    }
    return true;
}

static bool run_matched(struct run *run, bool at_start)
{
    ptrdiff_t state = next_state(&run->now, 0);
    while (state >= 0 && (size_t)state < run->program->len) {
        spread(run, (size_t)state, at_start);
        state = next_state(&run->now, (size_t)state + 1);
    }
    return has_state(&run->now, run->program->len);
}

static bool has_ends(const struct ocib_program *program, struct ocib_str path)
{
    size_t prefix = program->prefix.len;
    size_t suffix = program->suffix.len;
    return path.len >= prefix + suffix &&
           (!prefix || memcmp(path.s, program->prefix.data, prefix) == 0) &&
           (!suffix || memcmp(path.s + path.len - suffix, program->suffix.data, suffix) == 0);
}

bool ocib_program_match(const struct ocib_program *program, struct ocib_str path)
{
    if (!has_ends(program, path)) {
        return false;
    }
    struct run run;
    run_begin(&run, program);
    bool matched = run_all(&run, path) && run_matched(&run, path.len == 0);
    run_end(&run);
    return matched;
}

bool ocib_program_may_continue(const struct ocib_program *program, struct ocib_str head)
{
    struct run run;
    run_begin(&run, program);
    bool alive = run_all(&run, head);
    run_end(&run);
    return alive;
}
