#include "base/mem.h"
#include "build/input.h"
#include "dockerfile/parse.h"
#include "sys/file.h"
#include "sys/path.h"

#include <fcntl.h>
#include <string.h>

/* A Dockerfile larger than this is a mistake. */
enum { DOCKERFILE_MAX = 16 << 20 };

static const char usual_name[] = "Dockerfile";

/* A file of this machine: of what -f names, or of a context that is a folder. NULL: it is found
 * within the context. */
static char *local_path(const struct ocib_build_request *request)
{
    enum ocib_build_input_kind kind = ocib_build_input_kind(request->context);
    const char *given = request->dockerfile;
    if (request->dockerfile_text.s) {
        return NULL;
    }
    if (kind == OCIB_INPUT_FOLDER) {
        return given                                ? ocib_strdup(given)
               : strcmp(request->context, ".") == 0 ? ocib_strdup(usual_name)
                                                    : ocib_path_join(request->context, usual_name);
    }
    /* As in buildx: beside a URL a whole path is a file of this machine, in a tar it isn't. */
    return kind == OCIB_INPUT_REMOTE && given && given[0] == '/' ? ocib_strdup(given) : NULL;
}

static int read_one(const struct ocib_build *build, const char *path, bool local,
                    struct ocib_buf *text, struct ocib_error **err)
{
    return local ? ocib_file_read(AT_FDCWD, path, DOCKERFILE_MAX, text, OCIB_EINPUT, err)
                 : ocib_build_input_read(build->input, path, DOCKERFILE_MAX, text, err);
}

/* "Dockerfile" may be written "dockerfile" as well (BuildKit). *path becomes what it is called. */
static int read_file(const struct ocib_build *build, char **path, bool local, struct ocib_buf *text,
                     struct ocib_error **err)
{
    struct ocib_error *cause = NULL;
    if (read_one(build, *path, local, text, &cause) == 0) {
        return 0;
    }
    bool absent = ocib_error_code(cause) == OCIB_ENOTFOUND;
    size_t len = strlen(*path), usual = strlen(usual_name);
    bool is_usual = len >= usual && strcmp(*path + len - usual, usual_name) == 0 &&
                    (len == usual || (*path)[len - usual - 1] == '/');
    if (absent && is_usual) {
        OCIB_AUTO_FREE char *lower = ocib_strdup(*path);
        lower[len - usual] = 'd';
        if (read_one(build, lower, local, text, NULL) == 0) {
            ocib_error_free(cause);
            free(*path);
            *path = ocib_steal(&lower);
            return 0;
        }
    }
    if (absent) {
        ocib_error_code_set(&cause, OCIB_EINPUT);
        ocib_error_hint_set(&cause, "say where the Dockerfile is with -f FILE");
    }
    return ocib_error_move(err, cause);
}

static int parse(struct ocib_build *build, const char *name, struct ocib_str text,
                 struct ocib_error **err)
{
    build->file = ocib_dockerfile_parse(name, text, build->env->log, err);
    return build->file ? 0 : -1;
}

static int read_dockerfile(struct ocib_build *build, const char *local, struct ocib_error **err)
{
    const struct ocib_build_request *request = build->request;
    if (request->dockerfile_text.s) {
        return parse(build, usual_name, request->dockerfile_text, err);
    }
    if (build->input->dockerfile_name && !local) {
        return parse(build, build->input->dockerfile_name, ocib_buf_str(&build->input->dockerfile),
                     err);
    }
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    OCIB_AUTO_FREE char *path = ocib_strdup(local                 ? local
                                            : request->dockerfile ? request->dockerfile
                                                                  : usual_name);
    if (read_file(build, &path, local != NULL, &text, err) < 0) {
        return -1;
    }
    ocib_buf_reserve(&text, 0);
    return parse(build, path, ocib_buf_str(&text), err);
}

/* BuildKit's build arg of that name, which is no ARG of the Dockerfile's. */
static bool keeps_git_dir(const struct ocib_build_request *request)
{
    const char *value = ocib_env_get(request->build_args, "BUILDKIT_CONTEXT_KEEP_GIT_DIR");
    bool keeps = false;
    return value && ocib_str_bool(ocib_str(value), &keeps) && keeps;
}

int ocib_build_read_file(struct ocib_build *build, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *local = local_path(build->request);
    struct ocib_build_input_options options = {
        .text = build->request->context,
        .name = "the build context",
        .dockerfile = local,
        .is_main = true,
        .keep_git_dir = keeps_git_dir(build->request),
    };
    if (ocib_build_read_contexts(build, err) < 0) {
        return -1;
    }
    build->input = ocib_new(struct ocib_build_input);
    return ocib_build_input_open(build->input, build, &options, err) < 0
               ? -1
               : read_dockerfile(build, local, err);
}
