#include "api/secrets.h"

#include "base/mem.h"
#include "sys/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SECRET_MAX = 500 << 10 }; /* as BuildKit */

struct spec {
    char *type;
    char *id;
    char *file;
    char *env;
};

static void spec_release(struct spec *spec)
{
    free(spec->type);
    free(spec->id);
    free(spec->file);
    free(spec->env);
}

static int read_field(struct spec *spec, struct ocib_str field, const char *text,
                      struct ocib_error **err)
{
    const struct {
        const char *name;
        char **slot;
    } keys[] = {{"type", &spec->type},
                {"id", &spec->id},
                {"src", &spec->file},
                {"source", &spec->file},
                {"env", &spec->env}};
    ptrdiff_t at = ocib_str_find(field, '=');
    for (size_t i = 0; at > 0 && i < OCIB_COUNT(keys); i++) {
        if (ocib_str_is_nocase(ocib_str_sub(field, 0, (size_t)at), keys[i].name)) {
            free(*keys[i].slot);
            *keys[i].slot = ocib_str_dup(ocib_str_sub(field, (size_t)at + 1, field.len));
            return 0;
        }
    }
    ocib_error_set(err, OCIB_EUSAGE, "--secret '%s': unknown part '%.*s'", text,
                   OCIB_STR_ARG(field));
    return ocib_error_hint_set(err, "use id=NAME,src=FILE or id=NAME,env=VARIABLE");
}

static int complete(struct spec *spec, const char *text, struct ocib_error **err)
{
    bool is_env = spec->type && strcmp(spec->type, "env") == 0;
    if (!spec->id || !*spec->id) {
        ocib_error_set(err, OCIB_EUSAGE, "--secret '%s' has no id", text);
        return ocib_error_hint_set(err, "use id=NAME,src=FILE or id=NAME,env=VARIABLE");
    }
    if (spec->type && !is_env && strcmp(spec->type, "file") != 0) {
        ocib_error_set(err, OCIB_EUSAGE, "--secret '%s': unknown type '%s'", text, spec->type);
        return ocib_error_hint_set(err, "types are file and env");
    }
    if (is_env && !spec->env) {
        spec->env = ocib_steal(&spec->file);
    }
    bool nowhere = !spec->env && !spec->file;
    if (nowhere && (is_env || (!spec->type && getenv(spec->id)))) {
        spec->env = ocib_strdup(spec->id);
    } else if (nowhere) {
        spec->file = ocib_strdup(spec->id);
    }
    return 0;
}

static int read_value(const struct spec *spec, struct ocib_buf *out, struct ocib_error **err)
{
    ocib_buf_init(out);
    if (spec->env) {
        const char *value = getenv(spec->env);
        if (!value) {
            return ocib_error_set(err, OCIB_EINPUT,
                                  "the secret %s can't be read: the variable %s is not set",
                                  spec->id, spec->env);
        }
        ocib_buf_puts(out, value);
        return 0;
    }
    if (ocib_file_read(AT_FDCWD, spec->file, SECRET_MAX, out, OCIB_EINPUT, err) < 0) {
        ocib_error_wrap(err, "the secret %s", spec->id);
        return ocib_error_code_set(err, OCIB_EINPUT);
    }
    return 0;
}

static int read_secret(const char *text, struct ocib_secrets *out, struct ocib_error **err)
{
    OCIB_AUTO(spec_release) struct spec spec = {0};
    struct ocib_str rest = ocib_str(text);
    struct ocib_str field;
    while (ocib_str_cut(&rest, ',', &field)) {
        if (read_field(&spec, field, text, err) < 0) {
            return -1;
        }
    }
    if (complete(&spec, text, err) < 0) {
        return -1;
    }
    struct ocib_secret *secret = ocib_vec_add(out);
    secret->id = ocib_strdup(spec.id);
    return read_value(&spec, &secret->value, err);
}

int ocib_secrets_read(const char *const *texts, struct ocib_secrets *out, struct ocib_error **err)
{
    for (; texts && *texts; texts++) {
        if (read_secret(*texts, out, err) < 0) {
            return -1;
        }
    }
    return 0;
}

void ocib_secrets_release(struct ocib_secrets *secrets)
{
    for (size_t i = 0; i < secrets->len; i++) {
        free(secrets->items[i].id);
        ocib_buf_release(&secrets->items[i].value);
    }
    ocib_vec_release(secrets);
}

/* One socket, or files of keys with commas between. */
static int read_agent(const char *text, struct ocib_agents *out, struct ocib_error **err)
{
    struct ocib_str paths = ocib_str(text);
    struct ocib_str id;
    struct stat st;
    if (!ocib_str_cut(&paths, '=', &id) || id.len == 0) {
        return ocib_error_set(err, OCIB_EUSAGE, "--ssh '%s' has no id", text);
    }
    const char *from = paths.len ? paths.s : getenv("SSH_AUTH_SOCK");
    if (!from || !*from) {
        ocib_error_set(err, OCIB_EINPUT, "--ssh %s: SSH_AUTH_SOCK is not set", text);
        return ocib_error_hint_set(err, "start an agent, or name its socket: --ssh %.*s=SOCKET",
                                   OCIB_STR_ARG(id));
    }
    OCIB_AUTO_FREE char *name = ocib_str_dup(id);
    if (stat(from, &st) == 0 && S_ISSOCK(st.st_mode)) {
        ocib_env_set(&out->sockets, name, from);
        return 0;
    }
    struct ocib_str rest = ocib_str(from);
    struct ocib_str file;
    while (ocib_str_cut(&rest, ',', &file)) {
        OCIB_AUTO_FREE char *path = ocib_str_dup(file);
        if (stat(path, &st) < 0) {
            return ocib_error_set_errno(err, OCIB_EINPUT, "--ssh %s: can't find %s", text, path);
        }
    }
    ocib_env_set(&out->keys, name, from);
    return 0;
}

int ocib_agents_read(const char *const *texts, struct ocib_agents *out, struct ocib_error **err)
{
    for (; texts && *texts; texts++) {
        if (read_agent(*texts, out, err) < 0) {
            return -1;
        }
    }
    return 0;
}

void ocib_agents_release(struct ocib_agents *agents)
{
    ocib_strings_release(&agents->sockets);
    ocib_strings_release(&agents->keys);
}
