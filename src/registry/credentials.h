/*
 * Credentials of registries, from where docker and podman keep them (containers-auth.json(5),
 * Docker's config.json) and from their credential helpers. Read anew at each look-up, so that a log
 * in meanwhile counts. Secrets are overwritten when released, and are in no message: an auth file
 * that can't be read is told by name and line alone.
 */
#ifndef OCIB_REGISTRY_CREDENTIALS_H
#define OCIB_REGISTRY_CREDENTIALS_H

#include "base/error.h"
#include "base/log.h"
#include "base/str.h"

#include <stdbool.h>
#include <sys/types.h>

enum ocib_secret_kind {
    OCIB_SECRET_PASSWORD,
    OCIB_SECRET_IDENTITY, /* a refresh token, to be exchanged at the token server */
    OCIB_SECRET_BEARER,   /* a token for the registry itself */
};

struct ocib_credentials {
    char *user;   /* may be NULL unless there is a password */
    char *secret; /* NULL: none were found */
    enum ocib_secret_kind kind;
    char *source; /* the file or helper that they are from */
};
void ocib_credentials_release(struct ocib_credentials *credentials);

/* What one auth file says of a repository: credentials, or the helper to ask first. */
struct ocib_auth_match {
    struct ocib_credentials credentials;
    char *helper; /* "NAME" of docker-credential-NAME; may be NULL */
};
void ocib_auth_match_release(struct ocib_auth_match *match);
/*
 * `image` is "host[:port]/repository", docker.io being "docker.io". The longest key that fits wins;
 * keys with a scheme and path, as Docker writes them, stand for their host. `name` is the file's,
 * for messages.
 */
int ocib_auth_find(struct ocib_str json, const char *name, const char *image,
                   struct ocib_auth_match *out, struct ocib_error **err) OCIB_MUST;

struct ocib_credential_places {
    const char *authfile; /* --authfile, or NULL */
    uid_t uid;
    const volatile int *interrupted; /* ends the wait for a helper; may be NULL */
};
/* Goes through the files in their order. Finding none is no failure: out->secret is NULL. */
int ocib_credentials_find(const struct ocib_credential_places *places, const char *registry,
                          const char *repository, struct ocib_credentials *out,
                          struct ocib_error **err) OCIB_MUST;

/* Asks docker-credential-`helper` for `server`; finding none is no failure. `file` names it. */
struct ocib_helper_call {
    const char *helper;
    const char *server;
    const char *file;
    const volatile int *interrupted;
    unsigned timeout_ms; /* 0: 60 s */
};
int ocib_helper_get(const struct ocib_helper_call *call, struct ocib_credentials *out,
                    struct ocib_error **err) OCIB_MUST;

#endif
