#include "cli/render.h"

#include <string.h>
#include <time.h>

void cli_print_clean(FILE *out, const char *text)
{
    while (*text) {
        size_t clean = 0;
        for (unsigned char c; (c = (unsigned char)text[clean]) != '\0'; clean++) {
            if (c != '\n' && c != '\t' && (c < 0x20 || c == 0x7f)) {
                break;
            }
        }
        fwrite(text, 1, clean, out);
        text += clean;
        if (*text) {
            fprintf(out, "\\x%02x", (unsigned char)*text++);
        }
    }
}

void cli_render_message(FILE *out, const char *kind, const struct ocib_error_place *place,
                        const char *text)
{
    if (place && place->file) {
        cli_print_clean(out, place->file);
        fprintf(out, ":%u:%u: %s: ", place->line, place->column, kind);
    } else {
        fprintf(out, "ocib: %s: ", kind);
    }
    cli_print_clean(out, text);
    fputc('\n', out);
}

/* Of a longer line only what is around the column is shown. */
enum { SHOWN_MAX = 240, SHOWN_BEFORE = 80 };

/* The first byte at or before `at` that begins a character of UTF-8. */
static size_t whole_character(const char *text, size_t at)
{
    while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80) {
        at--;
    }
    return at;
}

/* The line, and a caret below the column; tabs stay tabs so that the caret stands where it should.
 */
static void render_source(FILE *out, const struct ocib_error_place *place)
{
    if (!place->text) {
        return;
    }
    size_t len = strlen(place->text);
    size_t column = place->column ? place->column - 1 : 0;
    column = column < len ? column : len;
    size_t from = len > SHOWN_MAX && column > SHOWN_BEFORE ? column - SHOWN_BEFORE : 0;
    from = whole_character(place->text, from);
    size_t to = len - from > SHOWN_MAX ? whole_character(place->text, from + SHOWN_MAX) : len;
    char shown[SHOWN_MAX + 8];
    snprintf(shown, sizeof(shown), "%.*s", (int)(to - from), place->text + from);
    fprintf(out, "%5u | %s", place->line, from ? "… " : "");
    cli_print_clean(out, shown);
    fprintf(out, "%s\n      | %s", to < len ? " …" : "", from ? "  " : "");
    for (size_t i = from; i < column; i++) {
        unsigned char c = (unsigned char)place->text[i];
        if ((c & 0xc0) != 0x80) { /* one column for each character, not for each byte of it */
            fputc(c == '\t' ? '\t' : ' ', out);
        }
    }
    fprintf(out, "^\n");
}

static void render_detail(FILE *out, const char *detail)
{
    size_t len = strlen(detail);
    fprintf(out, "last output:\n");
    fwrite(detail, 1, len, out);
    if (detail[len - 1] != '\n') {
        fputc('\n', out);
    }
}

void cli_render_error(FILE *out, const struct ocib_error *err)
{
    struct ocib_error_place place = {0};
    bool placed = ocib_error_place(err, &place);
    cli_render_message(out, "error", placed ? &place : NULL, ocib_error_message(err));
    if (placed) {
        render_source(out, &place);
    }
    const char *detail = ocib_error_detail(err);
    if (detail && *detail) {
        render_detail(out, detail);
    }
    if (ocib_error_hint(err)) {
        fprintf(out, "hint: ");
        cli_print_clean(out, ocib_error_hint(err));
        fputc('\n', out);
    }
}

const char *cli_size(char buffer[32], int64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1000;
        unit++;
    }
    if (unit == 0) {
        snprintf(buffer, 32, "%lld B", (long long)bytes);
    } else {
        snprintf(buffer, 32, "%.*f %s", value < 10 ? 2 : value < 100 ? 1 : 0, value, units[unit]);
    }
    return buffer;
}

const char *cli_duration(char buffer[32], int64_t nanoseconds)
{
    double seconds = (double)nanoseconds / 1e9;
    if (seconds < 59.95) {
        snprintf(buffer, 32, seconds < 0.0995 ? "%.2fs" : "%.1fs", seconds);
    } else {
        long whole = (long)(seconds + 0.5);
        snprintf(buffer, 32, "%ldm%02lds", whole / 60, whole % 60);
    }
    return buffer;
}

const char *cli_age(char buffer[48], const char *created)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{31557600, "year"}, {2629800, "month"}, {604800, "week"}, {86400, "day"},
                 {3600, "hour"},     {60, "minute"},     {1, "second"}};
    struct tm tm = {0};
    buffer[0] = '\0';
    if (!strptime(created, "%Y-%m-%dT%H:%M:%S", &tm)) {
        return buffer;
    }
    int64_t age = (int64_t)time(NULL) - (int64_t)timegm(&tm);
    if (age < 1) {
        snprintf(buffer, 48, "now");
        return buffer;
    }
    size_t unit = 0;
    while (age < units[unit].seconds) {
        unit++;
    }
    int64_t count = age / units[unit].seconds;
    snprintf(buffer, 48, "%lld %s%s ago", (long long)count, units[unit].name,
             count == 1 ? "" : "s");
    return buffer;
}

/* The length of the UTF-8 sequence at `s`; 0 if it is none. (RFC 3629) */
static size_t utf8_length(const unsigned char *s)
{
    size_t len = s[0] < 0x80                   ? 1
                 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                 : (s[0] & 0xf0) == 0xe0       ? 3
                 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                               : 0;
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool surrogate = s[0] == 0xed && s[1] >= 0xa0;
    bool too_large = s[0] == 0xf4 && s[1] >= 0x90;
    return len > 1 && (overlong || surrogate || too_large) ? 0 : len;
}

void cli_json_string(FILE *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    fputc('"', out);
    while (*at) {
        size_t len = utf8_length(at);
        if (len == 0) {
            fputs("\\ufffd", out);
            len = 1;
        } else if (*at == '"' || *at == '\\') {
            fprintf(out, "\\%c", *at);
        } else if (*at < 0x20 || *at == 0x7f) {
            fprintf(out, "\\u%04x", *at);
        } else {
            fwrite(at, 1, len, out);
        }
        at += len;
    }
    fputc('"', out);
}

void cli_base64(FILE *out, const char *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i += 3) {
        unsigned group = 0;
        for (size_t k = 0; k < 3; k++) {
            group = group << 8 | (i + k < length ? (unsigned char)bytes[i + k] : 0);
        }
        for (size_t k = 0; k < 4; k++) {
            fputc(i + k > length ? '=' : digits[group >> (18 - 6 * k) & 63], out);
        }
    }
}
