/* The first line is a path, the rest an ignore file: parsing and matching end, soon, without a
 * fault, and a folder that isn't walked holds nothing that is included. */
#include "base/span.h"
#include "glob/ignore.h"
#include "glob/match.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_walk(const struct ocib_ignore *ignore, struct ocib_str path)
{
    bool included = !ocib_ignore_match(ignore, path, false, NULL);
    for (size_t i = 1; i < path.len; i++) {
        if (path.s[i] != '/' || path.s[i - 1] == '/') {
            continue;
        }
        struct ocib_str dir = ocib_str_sub(path, 0, i);
        if (included && ocib_ignore_match(ignore, dir, true, NULL) &&
            !ocib_ignore_may_include_below(ignore, dir)) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ocib_str rest = {(const char *)data, size};
    struct ocib_str path;
    if (!ocib_str_cut(&rest, '\n', &path) || path.len == 0 || path.s[0] == '/') {
        return 0;
    }
    OCIB_AUTO(ocib_ignore_cleanup) struct ocib_ignore *ignore = ocib_ignore_parse("f", rest, NULL);
    if (ignore) {
        check_walk(ignore, path);
    }
    OCIB_AUTO(ocib_glob_cleanup) struct ocib_glob *glob = ocib_glob_new(rest);
    if (glob && ocib_glob_match(glob, path)) {
        for (size_t i = 1; i < path.len; i++) {
            if (path.s[i] == '/' && !ocib_glob_may_match_below(glob, ocib_str_sub(path, 0, i))) {
                abort();
            }
        }
    }
    return 0;
}
