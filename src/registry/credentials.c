#include "registry/credentials.h"

#include "base/mem.h"
#include "registry/files.h"

#include <string.h>

/* The key under which helpers keep Docker Hub's credentials. */
static const char docker_hub_server[] = "https://index.docker.io/v1/";

struct lookup {
    const struct ocib_credential_places *places;
    const char *registry;
    char *image;
    struct ocib_credentials *out;
};

static int ask_helper(const struct lookup *lookup, const char *helper, const char *file,
                      struct ocib_error **err)
{
    const char *registry = lookup->registry;
    struct ocib_helper_call call = {.helper = helper,
                                    .server = strcmp(registry, "docker.io") == 0 ? docker_hub_server
                                                                                 : registry,
                                    .file = file,
                                    .interrupted = lookup->places->interrupted};
    return ocib_helper_get(&call, lookup->out, err);
}

/* 1: credentials found, 0: none here. `required`: the file must be there. */
static int look_into(const struct lookup *lookup, const char *file, bool required,
                     struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text;
    OCIB_AUTO(ocib_auth_match_release) struct ocib_auth_match match = {0};
    ocib_buf_init(&text);
    int found = ocib_files_read(file, &text, err);
    if (found == 0 && required) {
        return ocib_error_set(err, OCIB_EUSAGE, "there is no auth file %s", file);
    }
    /* An empty file is what some tools make before the first log in. */
    if (found <= 0 || ocib_str_trim(ocib_buf_str(&text)).len == 0) {
        return found < 0 ? -1 : 0;
    }
    int result = ocib_auth_find(ocib_buf_str(&text), file, lookup->image, &match, err);
    explicit_bzero(text.data, text.len);
    if (result || (match.helper && ask_helper(lookup, match.helper, file, err))) {
        return -1;
    }
    if (!lookup->out->secret && match.credentials.secret) {
        *lookup->out = match.credentials;
        match.credentials = (struct ocib_credentials){0};
    }
    return lookup->out->secret != NULL;
}

/* The places in the order of containers-auth.json(5), then Docker's. */
static void list_places(uid_t uid, struct ocib_strings *out)
{
    OCIB_AUTO_FREE char *home = ocib_files_home(uid);
    OCIB_AUTO_FREE char *config = ocib_files_config_home(uid);
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    const char *docker = getenv("DOCKER_CONFIG");
    ocib_strings_take(out, runtime && *runtime
                               ? ocib_format("%s/containers/auth.json", runtime)
                               : ocib_format("/run/containers/%u/auth.json", (unsigned)uid));
    if (config) {
        ocib_strings_take(out, ocib_format("%s/containers/auth.json", config));
    }
    if (docker && *docker) {
        ocib_strings_take(out, ocib_format("%s/config.json", docker));
    } else if (home) {
        ocib_strings_take(out, ocib_format("%s/.docker/config.json", home));
    }
}

int ocib_credentials_find(const struct ocib_credential_places *places, const char *registry,
                          const char *repository, struct ocib_credentials *out,
                          struct ocib_error **err)
{
    OCIB_AUTO_FREE char *image = ocib_format("%s/%s", registry, repository);
    struct lookup lookup = {places, registry, image, out};
    const char *told = places->authfile ? places->authfile : getenv("REGISTRY_AUTH_FILE");
    if (told && *told) {
        return look_into(&lookup, told, places->authfile != NULL, err) < 0 ? -1 : 0;
    }
    OCIB_AUTO_STRINGS struct ocib_strings files = {0};
    list_places(places->uid, &files);
    for (size_t i = 0; i < files.len; i++) {
        int found = look_into(&lookup, files.items[i], false, err);
        if (found) {
            return found < 0 ? -1 : 0;
        }
    }
    return 0;
}
