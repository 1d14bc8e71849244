/*
 * String slices: borrowed bytes with a length, not necessarily ended by NUL. A slice owns nothing
 * and lives as long as what it points into.
 */
#ifndef OCIB_BASE_STR_H
#define OCIB_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ocib_str {
    const char *s;
    size_t len;
};

#define OCIB_STR(literal) ((struct ocib_str){literal, sizeof(literal) - 1})
/* For printf("%.*s"). */
#define OCIB_STR_ARG(str) (int)(str).len, (str).s

static inline struct ocib_str ocib_str(const char *s)
{
    return (struct ocib_str){s, s ? strlen(s) : 0};
}

/* The bytes [from, to) of a slice; the bounds are cut to its length. */
struct ocib_str ocib_str_sub(struct ocib_str str, size_t from, size_t to);
/* Without the blanks (space, tab, CR, LF) at either end. */
struct ocib_str ocib_str_trim(struct ocib_str str);
bool ocib_str_eq(struct ocib_str a, struct ocib_str b);
bool ocib_str_is(struct ocib_str a, const char *b);
/* ASCII letters compare without case. */
bool ocib_str_is_nocase(struct ocib_str a, const char *b);
bool ocib_str_starts(struct ocib_str str, const char *prefix);
bool ocib_str_ends(struct ocib_str str, const char *suffix);
/* The index of a byte, or -1. */
ptrdiff_t ocib_str_find(struct ocib_str str, char c);
ptrdiff_t ocib_str_rfind(struct ocib_str str, char c);
/* A NUL-ended copy, freed with free(). */
char *ocib_str_dup(struct ocib_str str);
/*
 * Takes the part before the first `sep` off *rest into *word. False at the end. A rest without
 * `sep` is one word; an empty rest is none.
 */
bool ocib_str_cut(struct ocib_str *rest, char sep, struct ocib_str *word);
/* A decimal number that fills the whole slice, at most `max`. */
bool ocib_str_uint(struct ocib_str str, uint64_t max, uint64_t *out);
/* A size, as Docker's flags take it: "64m", "1.5GiB", 1024 of each unit in the next. */
bool ocib_str_bytes(const char *text, uint64_t *out);
/* A truth value as Go's strconv.ParseBool reads it: 1, t, T, TRUE, true, True, and their opposites.
 */
bool ocib_str_bool(struct ocib_str str, bool *out);
/*
 * The name of `names` (NULL-ended) that is nearest to a misspelt word by edit distance, without
 * case, two swapped letters counting as one edit; NULL if none is near enough to be meant.
 */
const char *ocib_str_nearest(struct ocib_str word, const char *const *names);

#endif
