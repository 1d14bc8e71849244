#include "glob/match.h"

#include "base/mem.h"
#include "glob/program.h"

struct ocib_glob {
    struct ocib_program program;
    bool backwards; /* it has a range from high to low */
};

/* One character of a class, which may be escaped; a class may not end right behind it. */
static bool take_class_char(struct ocib_str *rest, uint32_t *c)
{
    if (rest->len == 0 || rest->s[0] == '-' || rest->s[0] == ']') {
        return false;
    }
    if (rest->s[0] == '\\') {
        *rest = ocib_str_sub(*rest, 1, rest->len);
    }
    if (rest->len == 0) {
        return false;
    }
    *c = ocib_rune_take(rest);
    return *c <= OCIB_RUNE_MAX && rest->len;
}

/* What follows "[", to the "]". A range from high to low is well-formed and matches nothing. */
static bool take_class(struct ocib_str *rest, struct ocib_glob *glob)
{
    bool negated = rest->len && rest->s[0] == '^';
    *rest = ocib_str_sub(*rest, negated, rest->len);
    ocib_program_set(&glob->program, negated);
    for (bool first = true; first || !rest->len || rest->s[0] != ']'; first = false) {
        uint32_t low;
        if (!take_class_char(rest, &low)) {
            return false;
        }
        uint32_t high = low;
        if (rest->s[0] == '-') {
            *rest = ocib_str_sub(*rest, 1, rest->len);
            if (!take_class_char(rest, &high)) {
                return false;
            }
        }
        glob->backwards = glob->backwards || low > high;
        ocib_program_range(&glob->program, low, high);
    }
    *rest = ocib_str_sub(*rest, 1, rest->len);
    return true;
}

static bool compile(struct ocib_str pattern, struct ocib_glob *glob)
{
    struct ocib_program *program = &glob->program;
    while (pattern.len) {
        uint32_t c = ocib_rune_take(&pattern);
        if (c == '*' || c == '?') {
            ocib_program_not(program, '/', c == '*');
        } else if (c == '[') {
            if (!take_class(&pattern, glob)) {
                return false;
            }
        } else if (c == '\\') {
            if (!pattern.len) {
                return false;
            }
            ocib_program_char(program, ocib_rune_take(&pattern));
        } else {
            ocib_program_char(program, c);
        }
    }
    ocib_program_seal(program);
    return true;
}

bool ocib_glob_valid(struct ocib_str pattern)
{
    OCIB_AUTO(ocib_glob_cleanup) struct ocib_glob *glob = ocib_glob_new(pattern);
    return glob;
}

bool ocib_glob_is_pattern(struct ocib_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.s[i];
        if (c == '\\') {
            i++;
        } else if (c == '*' || c == '?' || c == '[') {
            return true;
        }
    }
    return false;
}

struct ocib_glob *ocib_glob_new(struct ocib_str pattern)
{
    struct ocib_glob *glob = ocib_new(struct ocib_glob);
    if (!compile(pattern, glob)) {
        ocib_glob_free(glob);
        return NULL;
    }
    return glob;
}

void ocib_glob_free(struct ocib_glob *glob)
{
    if (glob) {
        ocib_program_release(&glob->program);
        free(glob);
    }
}

bool ocib_glob_has_backward_range(const struct ocib_glob *glob)
{
    return glob->backwards;
}

bool ocib_glob_match(const struct ocib_glob *glob, struct ocib_str path)
{
    return ocib_program_match(&glob->program, path);
}

bool ocib_glob_may_match_below(const struct ocib_glob *glob, struct ocib_str dir)
{
    if (dir.len == 0) {
        return true;
    }
    OCIB_AUTO_BUF struct ocib_buf head = {0};
    ocib_buf_add_str(&head, dir);
    ocib_buf_putc(&head, '/');
    return ocib_program_may_continue(&glob->program, ocib_buf_str(&head));
}
