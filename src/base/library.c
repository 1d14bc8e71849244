#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

static int fail(const char *file, struct ocib_error **err)
{
    const char *why = dlerror();
    ocib_error_set(err, OCIB_EINTERNAL, "can't load the library %s: %s", file,
                   why ? why : "no reason given");
    return ocib_error_hint_set(err, "install the package that has it");
}

int ocib_library_load(const char *file, const struct ocib_symbol *symbols, size_t count, void *out,
                      struct ocib_error **err)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) {
        return fail(file, err);
    }
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        void *address = dlsym(library, symbols[i].name);
        result = address ? 0 : fail(file, err);
        memcpy((char *)out + symbols[i].offset, &address, sizeof(address));
    }
    dlclose(library); /* not unloaded, see the header */
    return result;
}
