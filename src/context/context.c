#include "context/context.h"

#include "base/buf.h"
#include "base/mem.h"
#include "sys/fd.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* An ignore file beyond this is a mistake. */
enum { IGNORE_FILE_MAX = 16 * 1024 * 1024 };

struct ocib_context {
    int fd;
    struct ocib_ignore *ignore;
    struct ocib_digests *digests;
};

static int open_folder(const char *path, struct ocib_error **err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        return fd;
    }
    int reason = errno;
    ocib_error_set_errno(err, OCIB_EINPUT, "can't open build context %s", path);
    if (reason == ENOTDIR) {
        ocib_error_hint_set(err, "the build context is a folder; a Dockerfile is given with -f");
    }
    return -1;
}

/* What an ignore file is called in messages: with the context's folder, unless that is ".". */
static char *shown_name(const char *folder, const char *name)
{
    return name[0] == '/' || strcmp(folder, ".") == 0 ? ocib_strdup(name)
                                                      : ocib_path_join(folder, name);
}

/* A relative name is looked up in the context, and links can't lead out of it. */
static int open_ignore_file(int fd, const char *name)
{
    const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
    return name[0] == '/' ? open(name, flags | O_CLOEXEC) : ocib_open_in_root(fd, name, flags, 0);
}

/* 1 if there is such a file, 0 if there is none, -1. */
static int read_ignore_file(struct ocib_context *context, const char *folder, const char *name,
                            struct ocib_error **err)
{
    OCIB_AUTO_FREE char *shown = shown_name(folder, name);
    OCIB_AUTO_FD int fd = open_ignore_file(context->fd, name);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return 0;
    }
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (fd < 0 || ocib_fd_read_all(fd, IGNORE_FILE_MAX, &text) < 0) {
        return ocib_error_set_errno(err, OCIB_EINPUT, "can't read %s", shown);
    }
    context->ignore = ocib_ignore_parse(shown, ocib_buf_str(&text), err);
    return context->ignore ? 1 : -1;
}

static int find_ignore_file(struct ocib_context *context,
                            const struct ocib_context_options *options, struct ocib_error **err)
{
    if (options->dockerfile) {
        OCIB_AUTO_FREE char *own = ocib_format("%s.dockerignore", options->dockerfile);
        int found = read_ignore_file(context, options->path, own, err);
        if (found) {
            ocib_log(found > 0 ? options->log : NULL, OCIB_LOG_DEBUG, "ignore file %s", own);
            return found < 0 ? -1 : 0;
        }
    }
    return read_ignore_file(context, options->path, ".dockerignore", err) < 0 ? -1 : 0;
}

struct ocib_context *ocib_context_open(const struct ocib_context_options *options,
                                       struct ocib_error **err)
{
    OCIB_AUTO(ocib_context_cleanup) struct ocib_context *context = ocib_new(struct ocib_context);
    context->fd = open_folder(options->path, err);
    if (context->fd < 0 || find_ignore_file(context, options, err) < 0) {
        return NULL;
    }
    context->digests = ocib_digests_new(options->digest_cache);
    return ocib_steal(&context);
}

struct ocib_context *ocib_context_adopt(int fd)
{
    struct ocib_context *context = ocib_new(struct ocib_context);
    context->fd = fd;
    context->digests = ocib_digests_new(NULL);
    return context;
}

void ocib_context_free(struct ocib_context *context)
{
    if (context) {
        ocib_fd_cleanup(&context->fd);
        ocib_ignore_free(context->ignore);
        ocib_digests_free(context->digests);
        free(context);
    }
}

int ocib_context_fd(const struct ocib_context *context)
{
    return context->fd;
}

const struct ocib_ignore *ocib_context_ignore(const struct ocib_context *context)
{
    return context->ignore;
}

struct ocib_digests *ocib_context_digests(struct ocib_context *context)
{
    return context->digests;
}
