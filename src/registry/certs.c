#include "registry/certs.h"

#include "base/mem.h"
#include "registry/files.h"

#include <string.h>
#include <unistd.h>

void ocib_certs_release(struct ocib_certs *certs)
{
    ocib_buf_release(&certs->ca_pem);
    free(certs->client_cert);
    free(certs->client_key);
    *certs = (struct ocib_certs){0};
}

int ocib_certs_read_ca(const char *path, struct ocib_buf *out, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text;
    ocib_buf_init(&text);
    int found = ocib_files_read(path, &text, err);
    if (found == 0) {
        return ocib_error_set(err, OCIB_EUSAGE, "there is no certificate file %s", path);
    }
    if (found > 0 && !memmem(text.data, text.len, "-----BEGIN ", 11)) {
        return ocib_error_set(err, OCIB_EUSAGE, "%s holds no certificate in PEM form", path);
    }
    ocib_buf_add_str(out, ocib_buf_str(&text));
    ocib_buf_putc(out, '\n');
    return found < 0 ? -1 : 0;
}

static int read_client(const char *cert, struct ocib_certs *out, struct ocib_error **err)
{
    struct ocib_str stem = ocib_str_sub(ocib_str(cert), 0, strlen(cert) - strlen(".cert"));
    OCIB_AUTO_FREE char *key = ocib_format("%.*s.key", OCIB_STR_ARG(stem));
    if (access(key, R_OK)) {
        return ocib_error_set_errno(err, OCIB_EUSAGE, "can't read the key %s of %s", key, cert);
    }
    out->client_cert = ocib_strdup(cert);
    out->client_key = ocib_steal(&key);
    return 0;
}

static int read_folder(const char *folder, struct ocib_certs *out, struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings authorities = {0};
    OCIB_AUTO_STRINGS struct ocib_strings clients = {0};
    ocib_files_list(folder, ".crt", &authorities);
    ocib_files_list(folder, ".cert", &clients);
    for (size_t i = 0; i < authorities.len; i++) {
        if (ocib_certs_read_ca(authorities.items[i], &out->ca_pem, err)) {
            return -1;
        }
    }
    return clients.len > 0 ? read_client(clients.items[0], out, err) : 0;
}

int ocib_certs_load(const char *host, struct ocib_str ca_pem, uid_t uid, struct ocib_certs *out,
                    struct ocib_error **err)
{
    OCIB_AUTO_FREE char *config = ocib_files_config_home(uid);
    OCIB_AUTO_FREE char *own = ocib_format("%s/containers", config ? config : "");
    const char *const places[] = {own, "/etc/containers", "/etc/docker"};
    ocib_buf_init(&out->ca_pem);
    ocib_buf_add_str(&out->ca_pem, ca_pem);
    for (size_t i = config ? 0 : 1; i < OCIB_COUNT(places); i++) {
        OCIB_AUTO_FREE char *folder = ocib_format("%s/certs.d/%s", places[i], host);
        /* The first folder that there is counts, as for the programs that made it. */
        if (access(folder, F_OK) == 0) {
            return read_folder(folder, out, err);
        }
    }
    return 0;
}
