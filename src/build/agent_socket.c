#include "build/agent_socket.h"

#include "base/mem.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    STEP, /* the two ends of a connection */
    AGENT,
    ENDS,
    BUFFER = 8192,
    RETRY = 50, /* milliseconds until a connection is tried again that can't be made just now */
    STOP = 0,   /* what is polled: places in the list */
    LISTENER,
    CONNECTIONS,
    POLLED = CONNECTIONS + ENDS * OCIB_AGENT_CONNECTIONS,
};

/* Bytes on their way from one end to the other. */
struct flow {
    size_t begin;
    size_t end;
    bool ended; /* no more come in */
    bool told;  /* and the other end was told so */
    char bytes[BUFFER];
};

struct connection {
    bool open;
    int fds[ENDS];
    struct flow from[ENDS];
};

struct ocib_agent_socket {
    int listener;
    int agent;   /* the agent's socket, O_PATH */
    int stopped; /* an eventfd */
    bool waits;  /* the agent or this process can't take one more connection for the moment */
    pthread_t thread;
    struct pollfd polled[POLLED];
    struct connection connections[OCIB_AGENT_CONNECTIONS];
};

/* ---- a connection ---- */

static void drop(struct connection *c)
{
    for (int end = 0; end < ENDS; end++) {
        ocib_fd_cleanup(&c->fds[end]);
    }
    c->open = false;
}

static bool pending(const struct flow *flow)
{
    return flow->begin < flow->end;
}

static short events_of(const struct connection *c, int end)
{
    const struct flow *in = &c->from[end];
    int events = pending(&c->from[!end]) ? POLLOUT : 0;
    return (short)(events | (!in->ended && !pending(in) ? POLLIN : 0));
}

/* An end that is waited for in no way must not be polled: poll(2) would tell of its other side's
 * end again and again. But of one that has said all, which was passed on, just that is of
 * interest. */
static bool awaited(const struct connection *c, int end)
{
    return events_of(c, end) || (c->from[end].ended && !pending(&c->from[end]));
}

static bool failed_for_now(void)
{
    return errno == EAGAIN || errno == EINTR;
}

/* These say false if the connection is of no more use. */
static bool take(struct connection *c, int end)
{
    struct flow *flow = &c->from[end];
    ssize_t n = recv(c->fds[end], flow->bytes, sizeof(flow->bytes), 0);
    if (n < 0) {
        return failed_for_now();
    }
    flow->begin = 0;
    flow->end = (size_t)n;
    flow->ended = n == 0;
    return true;
}

static bool give(struct connection *c, int end)
{
    struct flow *flow = &c->from[!end];
    ssize_t n = send(c->fds[end], flow->bytes + flow->begin, flow->end - flow->begin, MSG_NOSIGNAL);
    if (n < 0) {
        return failed_for_now();
    }
    flow->begin += (size_t)n;
    return true;
}

static void pass_on_end(struct connection *c, int end)
{
    struct flow *flow = &c->from[!end];
    if (flow->ended && !flow->told && !pending(flow)) {
        (void)shutdown(c->fds[end], SHUT_WR);
        flow->told = true;
    }
}

/* Does what one end was found ready for. */
static bool serve_end(struct connection *c, int end, short ready)
{
    short events = events_of(c, end);
    if ((ready & (POLLHUP | POLLERR)) && !events) {
        return false;
    }
    if (!ready) {
        return true;
    }
    /* After a hang-up what was asked for shows how it stands, by its result. */
    bool all = ready & (POLLHUP | POLLERR);
    if ((events & POLLOUT) && (all || (ready & POLLOUT)) && !give(c, end)) {
        return false;
    }
    return !(events & POLLIN) || !(all || (ready & POLLIN)) || take(c, end);
}

static void serve(struct connection *c, const struct pollfd *polled)
{
    bool good = true;
    for (int end = 0; end < ENDS && good; end++) {
        good = serve_end(c, end, polled[end].revents);
    }
    for (int end = 0; end < ENDS && good; end++) {
        pass_on_end(c, end);
    }
    if (!good || (c->from[STEP].told && c->from[AGENT].told)) {
        drop(c);
    }
}

/* ---- new ones ---- */

/* The agent's socket may have a longer path than an address can hold. */
static int reach(int path_fd)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    (void)snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d", path_fd);
    OCIB_AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0) {
        return -1;
    }
    return ocib_fd_steal(&fd);
}

static bool for_want_of_room(void)
{
    return errno == EAGAIN || errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
           errno == ENOMEM;
}

/* One that the agent does not take is closed at once. */
static void welcome(struct ocib_agent_socket *s, struct connection *c)
{
    OCIB_AUTO_FD int agent = reach(s->agent);
    s->waits = agent < 0 && for_want_of_room();
    if (s->waits) {
        return;
    }
    OCIB_AUTO_FD int step = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (step < 0) {
        s->waits = true;
        return;
    }
    if (agent < 0) {
        return;
    }
    for (int end = 0; end < ENDS; end++) {
        struct flow *flow = &c->from[end];
        flow->begin = flow->end = 0;
        flow->ended = flow->told = false;
    }
    c->fds[STEP] = ocib_fd_steal(&step);
    c->fds[AGENT] = ocib_fd_steal(&agent);
    c->open = true;
}

/* ---- the thread ---- */

static struct connection *find_free(struct ocib_agent_socket *s)
{
    for (size_t i = 0; i < OCIB_AGENT_CONNECTIONS; i++) {
        if (!s->connections[i].open) {
            return &s->connections[i];
        }
    }
    return NULL;
}

static void list_polled(struct ocib_agent_socket *s)
{
    bool takes = !s->waits && find_free(s);
    s->polled[STOP] = (struct pollfd){.fd = s->stopped, .events = POLLIN};
    s->polled[LISTENER] = (struct pollfd){.fd = takes ? s->listener : -1, .events = POLLIN};
    for (size_t i = 0; i < OCIB_AGENT_CONNECTIONS * ENDS; i++) {
        const struct connection *c = &s->connections[i / ENDS];
        int end = i % ENDS;
        bool polled = c->open && awaited(c, end);
        s->polled[CONNECTIONS + i] =
            (struct pollfd){.fd = polled ? c->fds[end] : -1, .events = events_of(c, end)};
    }
}

static void *forward(void *data)
{
    struct ocib_agent_socket *s = data;
    for (;;) {
        list_polled(s);
        int n = poll(s->polled, POLLED, s->waits ? RETRY : -1);
        if (n < 0 && errno != EINTR) {
            return NULL;
        }
        s->waits = false;
        if (n <= 0) {
            continue;
        }
        if (s->polled[STOP].revents) {
            return NULL;
        }
        for (size_t i = 0; i < OCIB_AGENT_CONNECTIONS; i++) {
            if (s->connections[i].open) {
                serve(&s->connections[i], &s->polled[CONNECTIONS + i * ENDS]);
            }
        }
        struct connection *spare = s->polled[LISTENER].revents ? find_free(s) : NULL;
        if (spare) {
            welcome(s, spare);
        }
    }
}

/* ---- */

/* Nobody can connect before its owner and mode are set. */
static int make_listener(const struct ocib_agent_socket_options *options)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int len = snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d/%s", options->folder_fd,
                       options->name);
    if (len < 0 || (size_t)len >= sizeof(at.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    OCIB_AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
        fchownat(options->folder_fd, options->name, options->uid, options->gid,
                 AT_SYMLINK_NOFOLLOW) < 0 ||
        fchmodat(options->folder_fd, options->name, options->mode, 0) < 0 ||
        listen(fd, OCIB_AGENT_CONNECTIONS) < 0) {
        return -1;
    }
    return ocib_fd_steal(&fd);
}

/* The thread inherits the mask: signals are for the others. */
static int start_thread(struct ocib_agent_socket *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&s->thread, NULL, forward, s);
    int failed = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = failed;
    return failed ? -1 : 0;
}

static void release(struct ocib_agent_socket *s)
{
    for (size_t i = 0; i < OCIB_AGENT_CONNECTIONS; i++) {
        drop(&s->connections[i]);
    }
    ocib_fd_cleanup(&s->listener);
    ocib_fd_cleanup(&s->agent);
    ocib_fd_cleanup(&s->stopped);
    int number = errno;
    free(s);
    errno = number;
}

struct ocib_agent_socket *ocib_agent_socket_start(const struct ocib_agent_socket_options *options)
{
    struct ocib_agent_socket *s = ocib_new(struct ocib_agent_socket);
    s->listener = s->agent = s->stopped = -1;
    for (size_t i = 0; i < OCIB_AGENT_CONNECTIONS; i++) {
        s->connections[i].fds[STEP] = s->connections[i].fds[AGENT] = -1;
    }
    s->agent = open(options->agent, O_PATH | O_CLOEXEC);
    s->stopped = s->agent < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->listener = s->stopped < 0 ? -1 : make_listener(options);
    if (s->listener < 0 || start_thread(s) < 0) {
        release(s);
        return NULL;
    }
    return s;
}

void ocib_agent_socket_stop(struct ocib_agent_socket *s)
{
    const uint64_t one = 1;
    if (!s) {
        return;
    }
    (void)!write(s->stopped, &one, sizeof(one));
    pthread_join(s->thread, NULL);
    release(s);
}
