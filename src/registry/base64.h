/* Base64 (RFC 4648 §4), as auth files and the Basic scheme have it. */
#ifndef OCIB_REGISTRY_BASE64_H
#define OCIB_REGISTRY_BASE64_H

#include "base/buf.h"

#include <stdbool.h>

void ocib_base64_encode(struct ocib_str bytes, struct ocib_buf *out);
/* Appends the bytes; false on a character that is none of the alphabet's. Padding may be missing.
 */
bool ocib_base64_decode(struct ocib_str text, struct ocib_buf *out);

#endif
