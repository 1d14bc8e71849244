/*
 * The process that sandbox children are forked from: this program executed anew, once, when a mode
 * is entered. Loading the program with its libraries takes longer than all else that a step needs,
 * so it is not done for each; and a child that is a copy of this small process has nothing of the
 * builder in its memory.
 *
 * A request is one packet with the child's descriptors. The answer comes on the child's own control
 * socket, so any number of threads may ask at once: from the new child a descriptor of itself, or
 * from the server why there is none.
 * The server ends when the builder closes its end or dies, and every child with the server.
 */
#ifndef OCIB_SANDBOX_SERVER_H
#define OCIB_SANDBOX_SERVER_H

#include "base/error.h"
#include "sys/spawn.h"

#include <stdint.h>

struct ocib_server {
    struct ocib_process process;
    int socket;
};

/* Starts it from `exe_fd` and does not wait until it is loaded. `null_fd`: /dev/null. */
int ocib_server_start(int exe_fd, int null_fd, struct ocib_server *out,
                      struct ocib_error **err) OCIB_MUST;
/* Ends it and all its children. */
void ocib_server_stop(struct ocib_server *server);

/* What a child gets, as its descriptors 1, 2, OCIB_CHILD_CONTROL and OCIB_CHILD_ROOT, and from
 * OCIB_CHILD_MOUNTS on. */
struct ocib_server_request {
    int namespaces; /* CLONE_NEW* */
    int fds[4];
    const int *mounts;
    size_t mount_count; /* at most OCIB_STEP_MOUNTS_MAX */
};

/*
 * Forks a child. `control` is the builder's end of the child's control socket, *theirs the other
 * one (also in the request), which is closed as soon as the server has it: so the death of a child
 * that has not told of itself yet ends the wait for it. Returns a pidfd, which gets readable when
 * the child (process 1 of its namespace) and so all of the step has ended; the server reaps it.
 */
int ocib_server_fork(const struct ocib_server *server, const struct ocib_server_request *request,
                     int control, int *theirs, struct ocib_error **err) OCIB_MUST;

/*
 * The server's side. Serves requests on `socket` and returns, in each child, 0 with its descriptors
 * in place; the server itself never returns but with -1 when there is nothing more to serve.
 */
int ocib_server_serve(int socket) OCIB_MUST;

#endif
