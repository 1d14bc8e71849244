#include "registry/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void ocib_base64_encode(struct ocib_str bytes, struct ocib_buf *out)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)(unsigned char)bytes.s[i] << 16;
        group |= left > 1 ? (uint32_t)(unsigned char)bytes.s[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)(unsigned char)bytes.s[i + 2] : 0;
        ocib_buf_putc(out, alphabet[group >> 18]);
        ocib_buf_putc(out, alphabet[group >> 12 & 63]);
        ocib_buf_putc(out, left > 1 ? alphabet[group >> 6 & 63] : '=');
        ocib_buf_putc(out, left > 2 ? alphabet[group & 63] : '=');
    }
}

bool ocib_base64_decode(struct ocib_str text, struct ocib_buf *out)
{
    uint32_t group = 0;
    unsigned bits = 0;
    size_t len = text.len;
    while (len > 0 && text.len - len < 2 && text.s[len - 1] == '=') {
        len--;
    }
    for (size_t i = 0; i < len; i++) {
        const char *found = text.s[i] ? strchr(alphabet, text.s[i]) : NULL;
        if (!found) {
            return false;
        }
        group = group << 6 | (uint32_t)(found - alphabet);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            ocib_buf_putc(out, (char)(group >> bits & 0xff));
        }
    }
    return len % 4 != 1;
}
