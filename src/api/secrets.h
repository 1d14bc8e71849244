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

/* The texts of --ssh, "ID" or "ID=SOCKET", as "ID=SOCKET"; each is a socket that is there. */
int ocib_agents_read(const char *const *texts, struct ocib_strings *out,
                     struct ocib_error **err) OCIB_MUST;

#endif
