/* UTF-8 as JSON needs it (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF). */
#ifndef OCIB_OCI_UTF8_H
#define OCIB_OCI_UTF8_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define OCIB_UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* The length of the character that the slice begins with: 1 to 4, 0 if its first byte begins none.
 */
size_t ocib_utf8_char(struct ocib_str text);
bool ocib_utf8_valid(struct ocib_str text);
/* Appends the text with each byte that is not part of a character replaced by U+FFFD. */
void ocib_utf8_mend(struct ocib_str text, struct ocib_buf *out);

#endif
