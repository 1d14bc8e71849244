#include "build/throwaway.h"

#include "api/build_args.h"
#include "api/session.h"
#include "api/steps.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* What the options come to. */
struct parts {
    struct ocib_descriptor image;
    struct ocib_strings words;
    struct ocib_strings env;
    struct ocib_volumes volumes;
    struct ocib_step_settings settings;
};

static void parts_release(struct parts *parts)
{
    ocib_descriptor_release(&parts->image);
    ocib_strings_release(&parts->words);
    ocib_strings_release(&parts->env);
    ocib_volumes_release(&parts->volumes);
    ocib_step_settings_release(&parts->settings);
}

/* What is not in the store is asked for, as docker run does. */
static int find_image(struct ocib *ocib, const struct ocib_run_options *options,
                      struct ocib_descriptor *out, struct ocib_error **err)
{
    OCIB_AUTO_ERROR struct ocib_error *cause = NULL;
    OCIB_AUTO_FREE char *digest = NULL;
    if (ocib_session_find(ocib, options->image, out, NULL, &cause) == 0) {
        return 0;
    }
    if (ocib_error_code(cause) != OCIB_ENOTFOUND) {
        return ocib_error_move(err, ocib_steal(&cause));
    }
    if (ocib_pull(ocib, options->image, options->platform, &digest, err) < 0) {
        return -1;
    }
    return ocib_session_find(ocib, options->image, out, NULL, err);
}

static int take_env(const char *text, struct ocib_strings *out, struct ocib_error **err)
{
    size_t len = strcspn(text, "=");
    if (len == 0) {
        return ocib_error_set(err, OCIB_EUSAGE, "--env '%s' has no name", text);
    }
    OCIB_AUTO_FREE char *name = ocib_strndup(text, len);
    const char *value = text[len] ? text + len + 1 : getenv(name);
    if (value) {
        ocib_env_set(out, name, value);
    }
    return 0;
}

static int read_network(const char *text, enum ocib_network *out, struct ocib_error **err)
{
    bool known = !text || strcmp(text, "default") == 0 || strcmp(text, "host") == 0 ||
                 strcmp(text, "none") == 0;
    if (!known) {
        ocib_error_set(err, OCIB_EUSAGE, "--network: '%s' is not supported", text);
        return ocib_error_hint_set(err, "networks are default, host and none");
    }
    *out = text && strcmp(text, "none") == 0 ? OCIB_NETWORK_NONE : OCIB_NETWORK_DEFAULT;
    return 0;
}

static int read_parts(const struct ocib_run_options *options, struct parts *parts,
                      struct ocib_error **err)
{
    const struct ocib_strings no_args = {0};
    static const struct ocib_pairs_flag flag = {"env-file", "variable"};
    const char *const *file = options->env_files;
    const char *const *env = options->env;
    const char *const *volume = options->volumes;
    ocib_session_list(&parts->words, options->command);
    for (; file && *file; file++) {
        if (ocib_pairs_file_read(*file, &flag, &parts->env, err) < 0) {
            return -1;
        }
    }
    for (; env && *env; env++) {
        if (take_env(*env, &parts->env, err) < 0) {
            return -1;
        }
    }
    for (; volume && *volume; volume++) {
        if (ocib_volume_parse(*volume, &parts->volumes, err) < 0) {
            return -1;
        }
    }
    if (ocib_steps_read(&options->steps, &no_args, &parts->settings, err) < 0) {
        return -1;
    }
    parts->settings.hostname = options->hostname;
    return 0;
}

/* What a terminal shows is stream 1. */
struct output {
    void (*put)(void *data, int stream, const char *bytes, size_t len);
    void *data;
};

static void put_terminal(void *data, const char *bytes, size_t len)
{
    const struct output *output = data;
    output->put(output->data, 1, bytes, len);
}

static int run(struct ocib *ocib, const struct ocib_run_options *options, struct parts *parts,
               struct ocib_step_result *result, struct ocib_error **err)
{
    const struct ocib_build_env env = {
        .store = ocib->store,
        .sandbox = ocib->sandbox,
        .registry = ocib->registry,
        .log = &ocib->log,
        .interrupted = &ocib->interrupted,
    };
    struct output output = {options->output, options->data};
    const struct ocib_step_io io = {
        .input_fd = options->input_fd,
        .terminal = options->terminal,
        .size_fd = options->size_fd,
        .output = put_terminal,
        .data = &output,
    };
    struct ocib_throwaway throwaway = {
        .image = &parts->image.digest,
        .entrypoint = options->entrypoint,
        .words = &parts->words,
        .env = &parts->env,
        .user = options->user,
        .cwd = options->workdir,
        .volumes = &parts->volumes,
        .settings = &parts->settings,
        .io = &io,
        .output = options->output,
        .data = options->data,
    };
    if (read_network(options->network, &throwaway.network, err) < 0) {
        return -1;
    }
    return ocib_throwaway_run(&env, &throwaway, result, err);
}

int ocib_run(struct ocib *ocib, const struct ocib_run_options *options, int *exit_status,
             struct ocib_error **err)
{
    OCIB_AUTO(parts_release) struct parts parts = {0};
    struct ocib_step_result result = {0};
    if (!ocib->sandbox) {
        return ocib_error_set(err, OCIB_EINTERNAL, "the session was not opened for running steps");
    }
    ocib_step_settings_init(&parts.settings);
    if (read_parts(options, &parts, err) < 0 || find_image(ocib, options, &parts.image, err) < 0 ||
        run(ocib, options, &parts, &result, err) < 0) {
        return -1;
    }
    *exit_status = result.exit_status;
    return 0;
}
