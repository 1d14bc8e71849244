#include "dockerfile/directive.h"

static void read_names(struct ocib_str list, struct ocib_strings *out)
{
    struct ocib_str name;
    ocib_strings_clear(out);
    while (ocib_str_cut(&list, ',', &name)) {
        name = ocib_str_trim(name);
        if (name.len) {
            ocib_strings_push_str(out, name);
        }
    }
}

/* As Go's strconv.ParseBool. */
static bool read_bool(struct ocib_str text, bool *out)
{
    static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"};
    static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};
    for (size_t i = 0; i < OCIB_COUNT(yes); i++) {
        *out = ocib_str_is(text, yes[i]);
        if (*out || ocib_str_is(text, no[i])) {
            return true;
        }
    }
    return false;
}

static int read_option(struct ocib_str option, struct ocib_check_directive *out, const char **wrong,
                       struct ocib_error **err)
{
    struct ocib_str value = option;
    struct ocib_str name = OCIB_STR("");
    ocib_str_cut(&value, '=', &name);
    name = ocib_str_trim(name);
    value = ocib_str_trim(value);
    *wrong = option.s;
    if (ocib_str_is(name, "skip")) {
        out->skip_all = ocib_str_is(value, "all");
        read_names(value, &out->skip);
    } else if (ocib_str_is(name, "experimental")) {
        out->experimental_all = ocib_str_is(value, "all");
        read_names(value, &out->experimental);
    } else if (!ocib_str_is(name, "error")) {
        ocib_error_set(err, OCIB_EDOCKERFILE, "unknown check option '%.*s'", OCIB_STR_ARG(name));
        static const char *const names[] = {"skip", "error", "experimental", NULL};
        const char *nearest = ocib_str_nearest(name, names);
        return nearest ? ocib_error_hint_set(err, "did you mean '%s'?", nearest)
                       : ocib_error_hint_set(err, "known are skip, error and experimental");
    } else if (!read_bool(value, &out->error)) {
        *wrong = value.s;
        return ocib_error_set(err, OCIB_EDOCKERFILE, "'error' takes true or false, not '%.*s'",
                              OCIB_STR_ARG(value));
    }
    return 0;
}

int ocib_check_directive_read(struct ocib_str text, struct ocib_check_directive *out,
                              const char **wrong, struct ocib_error **err)
{
    const char *at;
    struct ocib_str option;
    out->given = true;
    while (ocib_str_cut(&text, ';', &option)) {
        option = ocib_str_trim(option);
        if (option.len && read_option(option, out, wrong ? wrong : &at, err) < 0) {
            return -1;
        }
    }
    return 0;
}

void ocib_check_directive_release(struct ocib_check_directive *directive)
{
    ocib_strings_release(&directive->skip);
    ocib_strings_release(&directive->experimental);
    *directive = (struct ocib_check_directive){0};
}
