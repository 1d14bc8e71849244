#include "oci/utf8.h"

/* Well-formed sequences by first byte (Unicode, table 3-7): the range of the second byte tells
 * overlong forms and surrogates from characters; all further bytes are 80..BF. */
static const struct form {
    unsigned char first, last;
    unsigned char low, high;
    unsigned char len;
} forms[] = {
    {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool fits(const struct form *form, struct ocib_str text)
{
    const unsigned char *s = (const unsigned char *)text.s;
    if (text.len < form->len || s[0] < form->first || s[0] > form->last) {
        return false;
    }
    if (form->len > 1 && (s[1] < form->low || s[1] > form->high)) {
        return false;
    }
    for (size_t i = 2; i < form->len; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return false;
        }
    }
    return true;
}

size_t ocib_utf8_char(struct ocib_str text)
{
    if (text.len && (unsigned char)text.s[0] < 0x80) {
        return 1;
    }
    for (size_t i = 1; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (fits(&forms[i], text)) {
            return forms[i].len;
        }
    }
    return 0;
}

bool ocib_utf8_valid(struct ocib_str text)
{
    for (size_t i = 0; i < text.len;) {
        size_t len = ocib_utf8_char(ocib_str_sub(text, i, text.len));
        if (!len) {
            return false;
        }
        i += len;
    }
    return true;
}

void ocib_utf8_mend(struct ocib_str text, struct ocib_buf *out)
{
    for (size_t i = 0; i < text.len;) {
        size_t len = ocib_utf8_char(ocib_str_sub(text, i, text.len));
        if (len) {
            ocib_buf_add(out, text.s + i, len);
        } else {
            ocib_buf_puts(out, OCIB_UTF8_REPLACEMENT);
        }
        i += len ? len : 1;
    }
}
