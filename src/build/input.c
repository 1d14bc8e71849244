#include "build/input.h"

#include "base/mem.h"
#include "build/copy_tree.h"
#include "build/input_stream.h"
#include "context/archive.h"
#include "http/url.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A Dockerfile larger than this is a mistake. */
enum { DOCKERFILE_MAX = 16 << 20 };

static const char unpacked[] = "context";

enum ocib_build_input_kind ocib_build_input_kind(const char *text)
{
    struct stat st;
    bool there = stat(text, &st) == 0;
    if (strcmp(text, "-") == 0) {
        return OCIB_INPUT_STDIN;
    }
    if (there && S_ISDIR(st.st_mode)) {
        return OCIB_INPUT_FOLDER;
    }
    if (ocib_context_kind(ocib_str(text)) != OCIB_SOURCE_PATH) {
        return OCIB_INPUT_REMOTE;
    }
    return there ? OCIB_INPUT_FILE : OCIB_INPUT_FOLDER;
}

void ocib_build_input_release(struct ocib_build_input *input)
{
    free(input->name);
    ocib_context_free(input->context);
    ocib_inodes_free(input->inodes);
    ocib_work_release(&input->work);
    if (input->source) {
        ocib_remote_release(&input->remote);
    }
    free(input->source);
    ocib_buf_release(&input->dockerfile);
    free(input->dockerfile_name);
}

/* --- folders ---------------------------------------------------------------------------------- */

static int open_folder(struct ocib_build_input *input, struct ocib_build *build,
                       const struct ocib_build_input_options *options, struct ocib_error **err)
{
    const struct ocib_store *store = build->env->store;
    OCIB_AUTO_FREE char *cache =
        store ? ocib_format("%s/ocib/file-digests", ocib_store_root(store)) : NULL;
    OCIB_AUTO_FREE char *absolute =
        options->dockerfile ? realpath(options->dockerfile, NULL) : NULL;
    struct ocib_context_options context = {
        .path = options->text,
        .dockerfile = absolute,
        .digest_cache = cache,
        .log = build->env->log,
    };
    input->context = ocib_context_open(&context, err);
    return input->context ? 0 : -1;
}

/* --- streams ---------------------------------------------------------------------------------- */

/* The folder that things are brought to. */
static int make_folder(int work_fd, struct ocib_error **err)
{
    int fd = mkdirat(work_fd, unpacked, 0700) < 0
                 ? -1
                 : openat(work_fd, unpacked, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? ocib_error_set_errno(err, OCIB_ESTORE, "can't make a folder for the context")
                  : fd;
}

static int unpack(struct ocib_build_input *input, struct ocib_build_input_stream *stream,
                  struct ocib_error **err)
{
    struct ocib_archive_limits limits;
    OCIB_AUTO_FD int fd = make_folder(input->work.fd, err);
    if (fd < 0 || ocib_archive_limits_of(fd, &limits, err) < 0) {
        return -1;
    }
    limits.interrupted = stream->interrupted;
    OCIB_AUTO(ocib_tar_reader_cleanup)
    struct ocib_tar_reader *tar =
        ocib_tar_reader_new(ocib_build_input_stream_reader(stream), true, err);
    input->inodes = ocib_inodes_new();
    if (!tar || ocib_archive_unpack(tar, fd, &limits, input->inodes, err) < 0) {
        return -1;
    }
    input->context = ocib_context_adopt(ocib_fd_steal(&fd));
    return 0;
}

/* What is damaged is the user's archive, nothing of the store. */
static int blame(const char *name, struct ocib_error **err)
{
    if (err && ocib_error_code(*err) == OCIB_ECORRUPT) {
        ocib_error_code_set(err, OCIB_EINPUT);
    }
    return ocib_error_wrap(err, "can't unpack %s", name);
}

/* The stream is a Dockerfile, and there is nothing for it to copy. */
static int take_dockerfile(struct ocib_build_input *input, struct ocib_build_input_stream *stream,
                           struct ocib_error **err)
{
    OCIB_AUTO(ocib_reader_cleanup)
    struct ocib_reader *reader = ocib_build_input_stream_reader(stream);
    ocib_buf_init(&input->dockerfile);
    return ocib_stream_read_all(reader, DOCKERFILE_MAX, &input->dockerfile, err);
}

static int refuse_html(const char *name, struct ocib_error **err)
{
    ocib_error_set(err, OCIB_EINPUT, "%s is a web page, neither a tar nor a Dockerfile", name);
    return ocib_error_hint_set(err, "name the file itself; a repository's URL ends with .git");
}

static int open_stdin(struct ocib_build_input *input, struct ocib_build *build,
                      struct ocib_build_input_stream *stream, struct ocib_error **err)
{
    if (stream->head.len == 0) {
        ocib_error_set(err, OCIB_EINPUT, "standard input is empty");
        return ocib_error_hint_set(err, "a context of - is a tar or a Dockerfile");
    }
    if (ocib_store_work_new(build->env->store, &input->work, err) < 0) {
        return -1;
    }
    if (ocib_build_input_stream_is_archive(stream)) {
        return unpack(input, stream, err) < 0 ? blame(stream->name, err) : 0;
    }
    if (ocib_build_input_stream_is_html(stream)) {
        return refuse_html(stream->name, err);
    }
    if (build->request->dockerfile || build->request->dockerfile_text.s) {
        ocib_error_set(err, OCIB_EUSAGE,
                       "standard input is no tar but a Dockerfile, and -f names another");
        return ocib_error_hint_set(err, "give the context as a folder, or leave out -f");
    }
    OCIB_AUTO_FD int fd = make_folder(input->work.fd, err);
    if (fd < 0 || take_dockerfile(input, stream, err) < 0) {
        return -1;
    }
    input->dockerfile_name = ocib_strdup("Dockerfile");
    input->context = ocib_context_adopt(ocib_fd_steal(&fd));
    return 0;
}

static int read_stdin(struct ocib_build_input *input, struct ocib_build *build,
                      struct ocib_error **err)
{
    OCIB_AUTO(ocib_build_input_stream_release)
    struct ocib_build_input_stream stream = {
        .fd = STDIN_FILENO, .interrupted = build->env->interrupted, .name = "standard input"};
    return ocib_build_input_stream_open(&stream, err) < 0 ? -1
                                                          : open_stdin(input, build, &stream, err);
}

static int open_file(struct ocib_build_input *input, struct ocib_build *build, const char *path,
                     struct ocib_error **err)
{
    OCIB_AUTO_FD int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    OCIB_AUTO(ocib_build_input_stream_release)
    struct ocib_build_input_stream stream = {
        .fd = fd, .interrupted = build->env->interrupted, .name = path};
    if (fd < 0) {
        return ocib_error_set_errno(err, OCIB_EINPUT, "can't open %s %s", input->name, path);
    }
    if (ocib_build_input_stream_open(&stream, err) < 0) {
        return -1;
    }
    if (!ocib_build_input_stream_is_archive(&stream)) {
        ocib_error_set(err, OCIB_EINPUT, "%s %s is neither a folder nor a tar", input->name, path);
        return ocib_error_hint_set(err, "the context is a folder; a Dockerfile is given with -f");
    }
    if (ocib_store_work_new(build->env->store, &input->work, err) < 0) {
        return -1;
    }
    return unpack(input, &stream, err) < 0 ? blame(path, err) : 0;
}

/* --- remote ----------------------------------------------------------------------------------- */

static int find_git_dir(void *data, const struct ocib_walk_item *item, struct ocib_error **err)
{
    if (strcmp(item->name, ".git") != 0) {
        return 1;
    }
    ocib_strings_push(data, item->path);
    return 0;
}

/* Removes .git, also that of submodules. */
static int remove_git_dirs(int root_fd, struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings found = {0};
    struct ocib_tree tree = {.root_fd = root_fd};
    struct ocib_walk walk = {.tree = &tree, .base = "", .visit = find_git_dir, .data = &found};
    if (ocib_walk_run(&walk, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < found.len; i++) {
        const char *base;
        OCIB_AUTO_FD int parent = ocib_open_parent_in_root(root_fd, found.items[i], &base);
        if (parent < 0) {
            return ocib_error_set_errno(err, OCIB_ESTORE, "can't remove %s", found.items[i]);
        }
        if (ocib_remove_tree(parent, base, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int open_repository(struct ocib_build_input *input, struct ocib_error **err)
{
    struct ocib_remote *remote = &input->remote;
    if (!ocib_remote_keeps_git_dir(remote) && remove_git_dirs(remote->root_fd, err) < 0) {
        return -1;
    }
    input->checked_out = true;
    input->context = ocib_context_adopt(ocib_fd_steal(&remote->root_fd));
    return 0;
}

/* The downloaded file has served once it is unpacked. */
static int unpack_download(struct ocib_build_input *input, struct ocib_build *build,
                           struct ocib_build_input_stream *stream, struct ocib_error **err)
{
    if (unlinkat(input->remote.root_fd, input->remote.name, 0) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't remove %s", input->remote.name);
    }
    if (ocib_store_work_new(build->env->store, &input->work, err) < 0) {
        return -1;
    }
    return unpack(input, stream, err) < 0 ? blame(stream->name, err) : 0;
}

static int open_download(struct ocib_build_input *input, struct ocib_build *build,
                         const struct ocib_build_input_options *options, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *shown = ocib_url_public(input->source);
    OCIB_AUTO_FD int fd =
        openat(input->remote.root_fd, input->remote.name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    OCIB_AUTO(ocib_build_input_stream_release)
    struct ocib_build_input_stream stream = {
        .fd = fd, .interrupted = build->env->interrupted, .name = shown};
    if (fd < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't open what was downloaded");
    }
    if (ocib_build_input_stream_open(&stream, err) < 0) {
        return -1;
    }
    if (ocib_build_input_stream_is_archive(&stream)) {
        return unpack_download(input, build, &stream, err);
    }
    if (ocib_build_input_stream_is_html(&stream)) {
        return refuse_html(shown, err);
    }
    if (options->is_main) {
        if (take_dockerfile(input, &stream, err) < 0) {
            return -1;
        }
        input->dockerfile_name = ocib_steal(&shown);
    }
    input->context = ocib_context_adopt(ocib_fd_steal(&input->remote.root_fd));
    return 0;
}

/* Whoever asks for a context has no Dockerfile that could be at fault, nor a registry. */
static int blame_source(struct ocib_error **err)
{
    enum ocib_code code = err ? ocib_error_code(*err) : OCIB_OK;
    if (code == OCIB_EDOCKERFILE) {
        return ocib_error_code_set(err, OCIB_EUSAGE);
    }
    return code == OCIB_EREGISTRY ? ocib_error_code_set(err, OCIB_EINPUT) : -1;
}

static int open_remote(struct ocib_build_input *input, struct ocib_build *build,
                       const struct ocib_build_input_options *options, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf credentials = {0};
    input->source = ocib_source_cut_credentials(ocib_str(options->text), &credentials);
    struct ocib_remote_context context = {
        .source = input->source,
        .credentials = ocib_buf_str(&credentials),
        .name = options->is_main ? "context" : NULL,
        .keep_git_dir = options->keep_git_dir,
    };
    if (ocib_remote_open_context(&input->remote, build, &context, err) < 0) {
        return blame_source(err);
    }
    return input->remote.kind == OCIB_SOURCE_GIT ? open_repository(input, err)
                                                 : open_download(input, build, options, err);
}

/* --- none at all ------------------------------------------------------------------------------ */

int ocib_build_input_open_empty(struct ocib_build_input *input, struct ocib_build *build,
                                const char *name, struct ocib_error **err)
{
    *input =
        (struct ocib_build_input){.name = ocib_strdup(name), .work = {.fd = -1, .lock_fd = -1}};
    if (ocib_store_work_new(build->env->store, &input->work, err) < 0) {
        return -1;
    }
    OCIB_AUTO_FD int fd = make_folder(input->work.fd, err);
    if (fd >= 0) {
        input->context = ocib_context_adopt(ocib_fd_steal(&fd));
    }
    return input->context ? 0 : -1;
}

/* --- all kinds -------------------------------------------------------------------------------- */

int ocib_build_input_open(struct ocib_build_input *input, struct ocib_build *build,
                          const struct ocib_build_input_options *options, struct ocib_error **err)
{
    *input = (struct ocib_build_input){.name = ocib_strdup(options->name),
                                       .work = {.fd = -1, .lock_fd = -1}};
    enum ocib_build_input_kind kind = ocib_build_input_kind(options->text);
    if (kind != OCIB_INPUT_FOLDER && !build->env->store) {
        ocib_error_set(err, OCIB_EUSAGE, "%s is no folder: only a build can bring it here",
                       input->name);
        return ocib_error_hint_set(err, "fetch or unpack it first");
    }
    switch (kind) {
    case OCIB_INPUT_STDIN:
        return read_stdin(input, build, err);
    case OCIB_INPUT_REMOTE:
        return open_remote(input, build, options, err);
    case OCIB_INPUT_FILE:
        return open_file(input, build, options->text, err);
    case OCIB_INPUT_FOLDER:
        break;
    }
    return open_folder(input, build, options, err);
}

void ocib_build_input_source(const struct ocib_build_input *input, const struct ocib_log *log,
                             struct ocib_copy_source *out)
{
    *out = (struct ocib_copy_source){
        .root_fd = ocib_context_fd(input->context),
        .ignore = ocib_context_ignore(input->context),
        .digests = ocib_context_digests(input->context),
        .inodes = input->inodes,
        .is_context = !input->inodes,
        .plain_modes = input->checked_out,
        .name = input->name,
        .log = log,
    };
}

int ocib_build_input_read(const struct ocib_build_input *input, const char *path, size_t limit,
                          struct ocib_buf *out, struct ocib_error **err)
{
    const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
    OCIB_AUTO_FD int fd = ocib_open_in_root(ocib_context_fd(input->context), path, flags, 0);
    if (fd >= 0 && ocib_fd_read_all(fd, limit, out) == 0) {
        return 0;
    }
    return ocib_error_set_errno(err, errno == ENOENT ? OCIB_ENOTFOUND : OCIB_EINPUT,
                                "can't read %s of %s", path, input->name);
}
