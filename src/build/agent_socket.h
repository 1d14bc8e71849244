/*
 * The socket at which a step finds an SSH agent: one of the build's own, with the owner and mode
 * that the mount asks for, whose connections are forwarded to the agent. So the agent sees the
 * build's user, whoever the step's user is. Internal to the part.
 *
 * A thread forwards, from start to stop; it blocks all signals, and calls nothing that takes
 * memory or locks. It ends with the process, however that ends. What a step can make it hold is
 * bounded: CONNECTIONS at a time, further ones wait, and one buffer for each direction.
 */
#ifndef OCIB_BUILD_AGENT_SOCKET_H
#define OCIB_BUILD_AGENT_SOCKET_H

#include "base/cleanup.h"

#include <sys/types.h>

enum { OCIB_AGENT_CONNECTIONS = 32 };

struct ocib_agent_socket_options {
    int folder_fd;    /* where the socket is made, as `name`, which must not be there */
    const char *name; /* short: no folder in it */
    const char *agent;
    uid_t uid;
    gid_t gid;
    mode_t mode;
};

struct ocib_agent_socket;
/* NULL with errno. The folder is the caller's; the socket's file stays in it. */
struct ocib_agent_socket *
ocib_agent_socket_start(const struct ocib_agent_socket_options *options) OCIB_MUST;
/* Ends all connections, whatever is on its way in them. Accepts NULL. */
void ocib_agent_socket_stop(struct ocib_agent_socket *socket);
OCIB_DEFINE_CLEANUP(ocib_agent_socket, struct ocib_agent_socket, ocib_agent_socket_stop)

#endif
