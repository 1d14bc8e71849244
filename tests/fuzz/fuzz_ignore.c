/* The first line is a path, the rest an ignore file: parsing and matching end, soon, without a
 * fault, and a folder that isn't walked holds nothing that is included. */
#include "base/mem.h"
#include "base/span.h"
#include "glob/ignore.h"
#include "glob/match.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Matching is linear in path times pattern, and done for each folder of the path: longer inputs
 * take their time without showing more. */
enum { PATH_MOST = 256, RULES_MOST = 1024 };

struct level {
    bool *matched;
    bool *parent;
};

static void level_release(struct level *level)
{
    free(level->matched);
    free(level->parent);
}

/* From folder to folder, as the context is walked. */
static void check_walk(const struct ocib_ignore *ignore, struct ocib_str path)
{
    size_t count = ocib_ignore_rules(ignore);
    bool included = !ocib_ignore_match(ignore, path, false, NULL);
    OCIB_AUTO(level_release)
    struct level level = {ocib_alloc(count + 1, sizeof(bool)), ocib_alloc(count + 1, sizeof(bool))};
    for (size_t i = 1; i < path.len; i++) {
        if (path.s[i] != '/') {
            continue;
        }
        struct ocib_str dir = ocib_str_sub(path, 0, i);
        struct ocib_ignored ignored =
            ocib_ignore_match_in(ignore, level.parent, dir, level.matched);
        if (included && ignored.excluded &&
            !ocib_ignore_may_include_after(ignore, dir, ignored.rule)) {
            abort();
        }
        memcpy(level.parent, level.matched, count * sizeof(bool));
    }
}

/* No walk gives a path with an empty part. */
static bool can_be_walked(struct ocib_str path)
{
    return path.len > 0 && path.len <= PATH_MOST && path.s[0] != '/' &&
           path.s[path.len - 1] != '/' && !memmem(path.s, path.len, "//", 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ocib_str rest = {(const char *)data, size};
    struct ocib_str path;
    if (!ocib_str_cut(&rest, '\n', &path) || rest.len > RULES_MOST || !can_be_walked(path)) {
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
