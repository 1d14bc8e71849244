#include "base/mem.h"
#include "build/add_remote.h"
#include "context/archive.h"
#include "http/http.h"
#include "http/retry.h"
#include "http/url.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The tree that holds the file. */
static const char folder[] = "tree";

struct download {
    struct ocib_remote *remote;
    struct ocib_http *http;
    struct ocib_http_response response;
    int fd;
    struct ocib_tally tally;
    struct ocib_archive_limits limits; /* the disk's */
};

static void download_release(struct download *download)
{
    ocib_fd_cleanup(&download->fd);
    ocib_http_response_release(&download->response);
    ocib_http_free(download->http);
}

static int make_file(struct download *download, struct ocib_error **err)
{
    struct ocib_remote *remote = download->remote;
    if (ocib_remote_begin(remote, err) < 0) {
        return -1;
    }
    int work_fd = remote->work.fd;
    if (mkdirat(work_fd, folder, 0755) == 0) {
        remote->root_fd = openat(work_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (remote->root_fd >= 0) {
        const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        download->fd = openat(remote->root_fd, remote->name, flags, 0600);
    }
    return download->fd < 0
               ? ocib_error_set_errno(err, OCIB_ESTORE, "can't make a file to download to")
               : ocib_archive_limits_of(download->fd, &download->limits, err);
}

/* One try, from the beginning of the file. */
static int try_once(struct download *download, struct ocib_error **err)
{
    struct ocib_remote *remote = download->remote;
    if (ftruncate(download->fd, 0) < 0 || lseek(download->fd, 0, SEEK_SET) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't write %s", remote->name);
    }
    OCIB_AUTO(ocib_writer_cleanup)
    struct ocib_writer *out =
        ocib_writer_tee(ocib_writer_limit(ocib_writer_to_fd(download->fd, false, remote->name),
                                          download->limits.bytes, remote->name),
                        &download->tally);
    struct ocib_http_request request = {
        .method = "GET", .url = remote->source, .authorization = remote->authorization, .out = out};
    if (ocib_http_exchange(download->http, &request, &download->response, err) < 0) {
        return -1;
    }
    return ocib_writer_finish(out, err);
}

static int try_all(struct download *download, struct ocib_error **err)
{
    OCIB_AUTO_ERROR struct ocib_error *failure = NULL;
    struct ocib_retry retry;
    ocib_retry_init(&retry, download->http, 0);
    while (try_once(download, &failure) < 0 || ocib_retry_status(download->response.status)) {
        if (!ocib_retry_again(&retry, &download->response, &failure)) {
            break;
        }
    }
    return failure ? ocib_error_move(err, ocib_steal(&failure)) : 0;
}

/* What came must be the file, and the right one. */
static int check_answer(struct download *download, struct ocib_error **err)
{
    struct ocib_remote *remote = download->remote;
    OCIB_AUTO_FREE char *url = ocib_url_public(remote->source);
    int status = download->response.status;
    if (status < 200 || status > 299) {
        ocib_error_set(err, OCIB_EINPUT, "can't download %s: the server answered %d", url, status);
        return status == 404 ? ocib_error_hint_set(err, "there is no such file: check the URL")
                             : -1;
    }
    if (ocib_digest_is_set(&remote->digest) &&
        !ocib_digest_eq(&remote->digest, &download->tally.digest)) {
        ocib_error_set(err, OCIB_EINPUT, "%s is not what --checksum says, its digest is %s", url,
                       download->tally.digest.text);
        return ocib_error_hint_set(err, "the file has changed, or isn't the one that was meant");
    }
    remote->digest = download->tally.digest;
    return 0;
}

/* The time is the server's; without one it is none (BuildKit). */
static int set_time(struct download *download, struct ocib_error **err)
{
    const char *modified = ocib_http_header(&download->response, "Last-Modified", 0);
    int64_t seconds = modified ? ocib_http_date(modified) : -1;
    struct timespec time = {.tv_sec = seconds < 0 ? 0 : seconds};
    struct timespec times[2] = {time, time};
    return futimens(download->fd, times) < 0
               ? ocib_error_set_errno(err, OCIB_ESTORE, "can't set the time of %s",
                                      download->remote->name)
               : 0;
}

int ocib_remote_download(struct ocib_remote *remote, struct ocib_error **err)
{
    const struct ocib_build_env *env = remote->build->env;
    struct ocib_http_options options = {.log = env->log, .interrupted = env->interrupted};
    OCIB_AUTO(download_release) struct download download = {.remote = remote, .fd = -1};
    download.http = ocib_http_new(&options);
    if (make_file(&download, err) < 0 || try_all(&download, err) < 0 ||
        check_answer(&download, err) < 0) {
        return -1;
    }
    return set_time(&download, err);
}
