/*
 * --ssh ID=KEYFILE,…: an ssh-agent of the build's own that holds these keys, as buildx serves one.
 * It is the program of that name, so that ocib never reads a key; it ends with the build, or with
 * the process.
 */
#ifndef OCIB_API_KEY_AGENT_H
#define OCIB_API_KEY_AGENT_H

#include "base/error.h"
#include "base/vec.h"
#include "store/store.h"
#include "sys/spawn.h"

struct ocib_key_agent {
    struct ocib_process process;
    struct ocib_work work; /* its socket is in there */
};
struct ocib_key_agents {
    OCIB_VEC(struct ocib_key_agent);
};

/* For each "ID=KEYFILE,…" of `keys` starts an agent, and adds "ID=SOCKET" to `agents`. */
int ocib_key_agents_start(struct ocib_store *store, const struct ocib_strings *keys,
                          struct ocib_key_agents *out, struct ocib_strings *agents,
                          struct ocib_error **err) OCIB_MUST;
void ocib_key_agents_stop(struct ocib_key_agents *agents);

#endif
