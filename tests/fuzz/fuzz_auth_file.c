/* Auth files of docker and podman. */
#include "registry/credentials.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OCIB_AUTO(ocib_auth_match_release) struct ocib_auth_match match = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_str text = {(const char *)data, size};
    (void)!ocib_auth_find(text, "auth.json", "docker.io/library/x", &match, &err);
    return 0;
}
