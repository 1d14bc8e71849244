#include "base/buf.h"
#include "base/mem.h"
#include "registry/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The protocol of docker/docker-credential-helpers: "get", the server on stdin, JSON on stdout. */
enum { MOST_ANSWER = 64 * 1024, POLL_MS = 100, TIMEOUT_MS = 60 * 1000 };

struct run {
    const struct ocib_helper_call *call;
    char *program;
    pid_t pid;
    int in;  /* socket to its stdin: written to without SIGPIPE */
    int out; /* from its stdout */
    struct ocib_buf answer;
    int status;
};

static bool is_name(const char *name)
{
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "._-") == strlen(name);
}

static int fail_start(const struct run *run, int number, struct ocib_error **err)
{
    const char *why = number == ENOENT ? "it is not in PATH" : strerror(number);
    ocib_error_set(err, OCIB_EREGISTRY, "can't run the credential helper %s that %s names: %s",
                   run->program, run->call->file, why);
    return ocib_error_hint_set(
        err, "install it, or take it out of credHelpers and credsStore of %s", run->call->file);
}

static int start(struct run *run, struct ocib_error **err)
{
    int in[2], out[2];
    char get[] = "get";
    char *argv[] = {run->program, get, NULL};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in)) {
        return ocib_error_set_errno(err, OCIB_EREGISTRY, "can't run %s", run->program);
    }
    if (pipe2(out, O_CLOEXEC)) {
        close(in[0]);
        close(in[1]);
        return ocib_error_set_errno(err, OCIB_EREGISTRY, "can't run %s", run->program);
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[1], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    int failed = posix_spawnp(&run->pid, run->program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[1]);
    close(out[1]);
    run->in = in[0];
    run->out = out[0];
    return failed ? fail_start(run, failed, err) : 0;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One piece of the answer: 1 at its end, 0 if there may be more. */
static int read_some(struct run *run, struct ocib_error **err)
{
    struct pollfd ready = {.fd = run->out, .events = POLLIN};
    if (poll(&ready, 1, POLL_MS) <= 0) {
        return 0;
    }
    ssize_t got = read(run->out, ocib_buf_reserve(&run->answer, 4096), 4096);
    if (got <= 0) {
        return got < 0 && errno == EINTR ? 0 : 1;
    }
    run->answer.len += (size_t)got;
    run->answer.data[run->answer.len] = '\0';
    if (run->answer.len > MOST_ANSWER) {
        return ocib_error_set(err, OCIB_EREGISTRY, "the credential helper %s answers without end",
                              run->program);
    }
    return 0;
}

static int converse(struct run *run, struct ocib_error **err)
{
    const struct ocib_helper_call *call = run->call;
    int64_t end = now_ms() + (call->timeout_ms ? call->timeout_ms : TIMEOUT_MS);
    /* A helper that does not read is no failure yet: its answer counts. */
    (void)send(run->in, call->server, strlen(call->server), MSG_NOSIGNAL);
    (void)send(run->in, "\n", 1, MSG_NOSIGNAL);
    shutdown(run->in, SHUT_WR);
    for (int done = 0; !done;) {
        if (call->interrupted && *call->interrupted) {
            return ocib_error_set(err, OCIB_EINTERRUPTED, "interrupted");
        }
        if (now_ms() > end) {
            return ocib_error_set(err, OCIB_EREGISTRY, "the credential helper %s gave no answer",
                                  run->program);
        }
        done = read_some(run, err);
        if (done < 0) {
            return -1;
        }
    }
    return 0;
}

/* Ends and collects the child. After a failure it is killed: it may wait for someone. */
static void finish(struct run *run, bool failed)
{
    close(run->in);
    close(run->out);
    if (run->pid > 0) {
        if (failed) {
            kill(run->pid, SIGKILL);
        }
        while (waitpid(run->pid, &run->status, 0) < 0 && errno == EINTR) {
        }
    }
}

static int read_answer(const struct run *run, struct ocib_credentials *out, struct ocib_error **err)
{
    json_t *root = json_loadb(run->answer.data, run->answer.len, 0, NULL);
    const char *user = json_string_value(json_object_get(root, "Username"));
    const char *secret = json_string_value(json_object_get(root, "Secret"));
    int result = 0;
    if (!user || !secret) {
        result = ocib_error_set(err, OCIB_EREGISTRY,
                                "the answer of the credential helper %s has no Username and Secret",
                                run->program);
    } else if (*secret) {
        bool identity = strcmp(user, "<token>") == 0;
        out->kind = identity ? OCIB_SECRET_IDENTITY : OCIB_SECRET_PASSWORD;
        out->user = identity ? NULL : ocib_strdup(user);
        out->secret = ocib_strdup(secret);
        out->source = ocib_strdup(run->program);
    }
    json_decref(root);
    return result;
}

static int judge(const struct run *run, struct ocib_credentials *out, struct ocib_error **err)
{
    if (WIFEXITED(run->status) && WEXITSTATUS(run->status) == 0) {
        return read_answer(run, out, err);
    }
    struct ocib_str said = ocib_str_trim(ocib_buf_str(&run->answer));
    if (memmem(said.s, said.len, "not found", 9)) {
        return 0; /* "credentials not found in native keychain" */
    }
    /* What it printed may hold anything, secrets too. */
    int status = WIFEXITED(run->status) ? WEXITSTATUS(run->status) : 128 + WTERMSIG(run->status);
    ocib_error_set(err, OCIB_EREGISTRY, "the credential helper %s that %s names failed (status %d)",
                   run->program, run->call->file, status);
    return ocib_error_hint_set(err, "try: echo %s | %s get", run->call->server, run->program);
}

int ocib_helper_get(const struct ocib_helper_call *call, struct ocib_credentials *out,
                    struct ocib_error **err)
{
    if (!is_name(call->helper)) {
        return ocib_error_set(err, OCIB_EREGISTRY,
                              "%s names a credential helper that is no program's name", call->file);
    }
    OCIB_AUTO_FREE char *program = ocib_format("docker-credential-%s", call->helper);
    struct run run = {.call = call, .program = program, .in = -1, .out = -1};
    ocib_buf_init(&run.answer);
    bool failed = start(&run, err) || converse(&run, err);
    finish(&run, failed);
    int result = failed ? -1 : judge(&run, out, err);
    explicit_bzero(run.answer.data, run.answer.len);
    ocib_buf_release(&run.answer);
    return result;
}
