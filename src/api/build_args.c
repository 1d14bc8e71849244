#include "api/build_args.h"

#include "sys/file.h"

#include <fcntl.h>
#include <stdlib.h>

enum { FILE_MAX = 4 << 20 };

static void take(struct ocib_strings *out, struct ocib_str text)
{
    struct ocib_str name;
    OCIB_AUTO_FREE char *whole = ocib_str_dup(text);
    bool has_value = ocib_str_find(text, '=') >= 0;
    ocib_str_cut(&text, '=', &name);
    OCIB_AUTO_FREE char *key = ocib_str_dup(name);
    const char *value = has_value ? whole + name.len + 1 : getenv(key);
    if (value) {
        ocib_env_set(out, key, value);
    }
}

int ocib_pairs_file_read(const char *path, const struct ocib_pairs_flag *flag,
                         struct ocib_strings *out, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (ocib_file_read(AT_FDCWD, path, FILE_MAX, &text, OCIB_EINPUT, err) < 0) {
        ocib_error_wrap(err, "the file of --%s", flag->name);
        return ocib_error_code_set(err, OCIB_EINPUT);
    }
    ocib_buf_reserve(&text, 0);
    struct ocib_str rest = ocib_buf_str(&text);
    struct ocib_str line;
    for (unsigned number = 1; ocib_str_cut(&rest, '\n', &line); number++) {
        if (ocib_str_ends(line, "\r")) {
            line = ocib_str_sub(line, 0, line.len - 1);
        }
        if (ocib_str_trim(line).len == 0 || line.s[0] == '#') {
            continue;
        }
        if (line.s[0] == '=' || memchr(line.s, '\0', line.len)) {
            ocib_error_set(err, OCIB_EUSAGE, "%s:%u: no %s: '%.*s'", path, number, flag->what,
                           OCIB_STR_ARG(line));
            return ocib_error_hint_set(err, "each line is NAME=VALUE, or begins with #");
        }
        take(out, line);
    }
    return 0;
}

int ocib_build_args_read(const struct ocib_build_options *options, struct ocib_strings *out,
                         struct ocib_error **err)
{
    const char *const *files = options->build_arg_files;
    const char *const *args = options->build_args;
    static const struct ocib_pairs_flag flag = {"build-arg-file", "build arg"};
    for (; files && *files; files++) {
        if (ocib_pairs_file_read(*files, &flag, out, err) < 0) {
            return -1;
        }
    }
    for (; args && *args; args++) {
        take(out, ocib_str(*args));
    }
    return 0;
}
