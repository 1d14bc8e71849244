/*
 * The texts of --secret, with buildx's spelling: "id=NAME,src=FILE", "id=NAME,env=VARIABLE",
 * "type=env,id=NAME,src=VARIABLE", "id=NAME" (the variable of that name if it is set, else that
 * file). And of --ssh.
 */
#ifndef OCIB_API_SECRETS_H
#define OCIB_API_SECRETS_H

#include "base/error.h"
#include "build/build.h"

/* Reads all; `texts` is ended by NULL and may be NULL. OCIB_EUSAGE, or OCIB_EINPUT for a value that
 * can't be read. */
int ocib_secrets_read(const char *const *texts, struct ocib_secrets *out,
                      struct ocib_error **err) OCIB_MUST;
void ocib_secrets_release(struct ocib_secrets *secrets);

/* The texts of --ssh: "ID" and "ID=SOCKET" as "ID=SOCKET", "ID=KEYFILE,…" as it is; files that are
 * there. */
struct ocib_agents {
    struct ocib_strings sockets;
    struct ocib_strings keys;
};
int ocib_agents_read(const char *const *texts, struct ocib_agents *out,
                     struct ocib_error **err) OCIB_MUST;
void ocib_agents_release(struct ocib_agents *agents);

#endif
