/* registries.conf: the reader of TOML and of what it means. */
#include "registry/conf.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OCIB_AUTO(ocib_conf_release) struct ocib_conf conf = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_source *source =
        ocib_source_new("registries.conf", (struct ocib_str){(const char *)data, size});
    if (!ocib_conf_add(&conf, source, NULL, &err)) {
        char registry[] = "a.example.com", repository[] = "x/y", tag[] = "1";
        struct ocib_reference ref = {.registry = registry, .repository = repository, .tag = tag};
        const struct ocib_conf_registry *found = ocib_conf_find(&conf, &ref);
        char *host = NULL, *path = NULL;
        if (found) {
            ocib_conf_rewrite(&ref, found->prefix, found->location, &host, &path);
        }
        free(host);
        free(path);
    }
    ocib_source_free(source);
    return 0;
}
