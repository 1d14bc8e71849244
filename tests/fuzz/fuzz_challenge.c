/* WWW-Authenticate, and the text of a registry's error. */
#include "registry/challenge.h"
#include "registry/session.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ocib_challenge found = {0};
    struct ocib_str text = {(const char *)data, size};
    ocib_challenge_read(text, &found);
    ocib_challenge_read(text, &found);
    ocib_challenge_release(&found);
    free(ocib_answer_text(text));
    return 0;
}
