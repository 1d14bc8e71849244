#include "tar/format.h"

#include <string.h>

/* What is packed begins with a magic number (RFC 1952, RFC 8878, the formats of bzip2 and xz). */
static bool is_packed(struct ocib_str head)
{
    static const struct {
        const char *bytes;
        size_t len;
    } magics[] = {{"\x1f\x8b\x08", 3},
                  {"BZh", 3},
                  {"\xfd"
                   "7zXZ\0",
                   6},
                  {"\x28\xb5\x2f\xfd", 4}};
    for (size_t i = 0; i < OCIB_COUNT(magics); i++) {
        if (head.len >= magics[i].len && memcmp(head.s, magics[i].bytes, magics[i].len) == 0) {
            return true;
        }
    }
    return false;
}

/* An archive without entries is two blocks of zeros. */
static bool is_empty_tar(struct ocib_str head)
{
    for (size_t i = 0; i < head.len; i++) {
        if (head.s[i]) {
            return false;
        }
    }
    return head.len >= 2 * (size_t)OCIB_TAR_BLOCK;
}

bool ocib_tar_detect(struct ocib_str head)
{
    struct ocib_tar_block block;
    if (is_packed(head) || is_empty_tar(head)) {
        return true;
    }
    if (head.len < sizeof(block)) {
        return false;
    }
    memcpy(&block, head.s, sizeof(block));
    return ocib_tar_checksum_matches(&block);
}
