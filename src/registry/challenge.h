/*
 * WWW-Authenticate (RFC 9110 §11.6.1): what a registry asks for. Of several challenges the best
 * that is known is taken: Bearer before Basic. Reads at most 16 KiB.
 */
#ifndef OCIB_REGISTRY_CHALLENGE_H
#define OCIB_REGISTRY_CHALLENGE_H

#include "base/str.h"

enum ocib_auth_scheme { OCIB_AUTH_NONE, OCIB_AUTH_BASIC, OCIB_AUTH_BEARER };

/* Owns its strings; each may be NULL. */
struct ocib_challenge {
    enum ocib_auth_scheme scheme;
    char *realm;
    char *service;
    char *scope;
};

void ocib_challenge_release(struct ocib_challenge *challenge);

/* Reads one header's value; *out is replaced if it holds something better. */
void ocib_challenge_read(struct ocib_str value, struct ocib_challenge *out);

#endif
