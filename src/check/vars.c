#include "check/internal.h"

/* Names for a hint are looked for among this many: it bounds the time that a finding takes. */
enum { NEAREST_AMONG = 128, VAR_BYTES = 64 };

void ocib_vars_release(struct ocib_vars *vars)
{
    ocib_map_free(vars->values);
    *vars = (struct ocib_vars){0};
}

void ocib_vars_set(struct ocib_vars *vars, struct ocib_str name, const char *value)
{
    if (!vars->values) {
        vars->values = ocib_map_new(free);
    }
    vars->bytes += name.len + strlen(value) + VAR_BYTES;
    ocib_map_set(vars->values, name, ocib_strdup(value));
}

void ocib_vars_set_pair(struct ocib_vars *vars, const char *pair)
{
    const char *equals = strchr(pair, '=');
    if (equals) {
        ocib_vars_set(vars, (struct ocib_str){pair, (size_t)(equals - pair)}, equals + 1);
    } else {
        ocib_vars_set(vars, ocib_str(pair), "");
    }
}

bool ocib_vars_copy(struct ocib_vars *out, const struct ocib_vars *vars, size_t *budget)
{
    if (vars->bytes > *budget) {
        *budget = 0;
        return false;
    }
    *budget -= vars->bytes;
    size_t count = vars->values ? ocib_map_len(vars->values) : 0;
    for (size_t i = 0; i < count; i++) {
        ocib_vars_set(out, ocib_str(ocib_map_key_at(vars->values, i)),
                      ocib_map_at(vars->values, i));
    }
    return true;
}

const char *ocib_vars_get(const struct ocib_vars *vars, struct ocib_str name)
{
    return vars->values ? ocib_map_get(vars->values, name) : NULL;
}

const char *ocib_vars_nearest(const struct ocib_vars *vars, const char *name)
{
    const char *names[NEAREST_AMONG + 1] = {0};
    size_t count = vars->values ? ocib_map_len(vars->values) : 0;
    /* Among the shortest names each is near to any other. */
    if (strlen(name) < 3) {
        return NULL;
    }
    /* The latest first: those are the ones that the file sets itself. */
    for (size_t i = 0; i < count && i < NEAREST_AMONG; i++) {
        names[i] = ocib_map_key_at(vars->values, count - 1 - i);
    }
    return ocib_str_nearest(ocib_str(name), names);
}
