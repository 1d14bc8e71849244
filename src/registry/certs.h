/*
 * Certificates for a registry's host: what --registry-ca gives, and certs.d/HOST[:PORT]/ of
 * containers-certs.d(5) and of Docker: *.crt are authorities, NAME.cert with NAME.key identify us.
 */
#ifndef OCIB_REGISTRY_CERTS_H
#define OCIB_REGISTRY_CERTS_H

#include "base/buf.h"
#include "base/error.h"

#include <sys/types.h>

/* Owns its strings. */
struct ocib_certs {
    struct ocib_buf ca_pem;
    char *client_cert; /* NULL: none */
    char *client_key;
};
void ocib_certs_release(struct ocib_certs *certs);

/* `ca_pem`: the authorities for all hosts; may be empty. */
int ocib_certs_load(const char *host, struct ocib_str ca_pem, uid_t uid, struct ocib_certs *out,
                    struct ocib_error **err) OCIB_MUST;
/* Appends a file of certificates in PEM form. */
int ocib_certs_read_ca(const char *path, struct ocib_buf *out, struct ocib_error **err) OCIB_MUST;

#endif
