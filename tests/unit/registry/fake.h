/*
 * A registry in memory (distribution-spec) with faults to order, on the test server. Faults are
 * used up in their order by the requests whose "METHOD target" begins as they say. Tokens live for
 * a number of requests, so that nothing depends on a clock.
 */
#ifndef OCIB_TESTS_REGISTRY_FAKE_H
#define OCIB_TESTS_REGISTRY_FAKE_H

#include "base/map.h"
#include "http/server.h"
#include "io/digest.h"
#include "oci/image.h"
#include "registry/check.h"

enum fake_fault_kind {
    FAKE_STATUS,   /* answers with `status` and `headers` */
    FAKE_TRUNCATE, /* the right answer, cut off after `bytes` of its body */
    FAKE_RESET,    /* the same, ended by a reset */
    FAKE_CORRUPT,  /* the right answer with one byte changed */
    FAKE_HTML,     /* a web page, status 200 */
    FAKE_DEAF,     /* does the work, then closes without an answer */
    FAKE_EXPIRE,   /* from now on a new token is needed */
};

struct fake_fault {
    const char *start;
    unsigned times;
    enum fake_fault_kind kind;
    int status;
    size_t bytes;
    const char *headers;
    const char *body;
};

enum fake_auth { FAKE_OPEN, FAKE_BASIC, FAKE_BEARER };

struct fake {
    struct server server;
    struct ocib_map *blobs;     /* struct ocib_buf, by digest */
    struct ocib_map *manifests; /* struct ocib_buf, by "repository/tag or digest" */
    struct ocib_map *types;     /* media types of the manifests, by digest */
    struct ocib_map *uploads;   /* struct ocib_buf, by target without query */
    struct fake_fault faults[8];
    enum fake_auth auth;
    const char *basic;   /* what the Basic scheme must carry; NULL: tokens for everyone */
    const char *refresh; /* identity token that is exchanged for tokens */
    bool expired;        /* the last token */
    unsigned tokens;     /* made so far */
    size_t most_body;    /* of PUT and PATCH of blobs; beyond it 413; 0: any */
    bool no_range;       /* Range is not honoured */
    unsigned uploads_begun;
    unsigned leaks; /* requests with an Authorization that is none of ours */
};

CHECK_HELPER void fake_buf_free(void *data)
{
    ocib_buf_release(data);
    free(data);
}

CHECK_HELPER struct ocib_buf *fake_put(struct ocib_map *map, const char *key, struct ocib_str bytes)
{
    struct ocib_buf *buf = ocib_new(struct ocib_buf);
    ocib_buf_init(buf);
    ocib_buf_add_str(buf, bytes);
    ocib_map_set(map, ocib_str(key), buf);
    return buf;
}

/* --- answers --- */

CHECK_HELPER void fake_error(struct request *request, int status, const char *code,
                             const char *message)
{
    OCIB_AUTO_FREE char *body =
        ocib_format("{\"errors\":[{\"code\":\"%s\",\"message\":\"%s\"}]}", code, message);
    server_reply(request, status, "Content-Type: application/json\r\n", ocib_str(body));
}

/* Sends a body, or the part that Range asks for, with the fault that is due. */
CHECK_HELPER bool fake_send(struct fake *fake, struct request *request,
                            const struct fake_fault *fault, const char *headers,
                            const struct ocib_buf *body)
{
    const char *range = server_header(request, "Range");
    size_t from = range && !fake->no_range ? strtoul(range + strlen("bytes="), NULL, 10) : 0;
    OCIB_AUTO_BUF struct ocib_buf out;
    ocib_buf_init(&out);
    ocib_buf_printf(&out, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s", from ? "206 Part" : "200 OK",
                    body->len - from, headers);
    if (from) {
        ocib_buf_printf(&out, "Content-Range: bytes %zu-%zu/%zu\r\n", from, body->len - 1,
                        body->len);
    }
    ocib_buf_puts(&out, "\r\n");
    size_t head = out.len;
    if (strcmp(request->method, "HEAD") != 0) {
        ocib_buf_add(&out, body->data + from, body->len - from);
    }
    size_t len = out.len;
    if (fault && fault->kind == FAKE_CORRUPT) {
        out.data[out.len - 1] ^= 1;
    } else if (fault && (fault->kind == FAKE_TRUNCATE || fault->kind == FAKE_RESET)) {
        len = head + fault->bytes < len ? head + fault->bytes : len;
    }
    server_write(request->fd, out.data, len);
    if (fault && fault->kind == FAKE_RESET) {
        server_reset(request);
    }
    return !fault || fault->kind == FAKE_CORRUPT;
}

/* --- authorization --- */

CHECK_HELPER bool fake_token(struct fake *fake, struct request *request)
{
    const char *authorization = server_header(request, "Authorization");
    bool known = !fake->basic || (authorization && strcmp(authorization, fake->basic) == 0);
    if (strcmp(request->method, "POST") == 0) {
        OCIB_AUTO_FREE char *wanted = ocib_format("refresh_token=%s", fake->refresh);
        known = fake->refresh && strstr(request->body.data, "grant_type=refresh_token") &&
                strstr(request->body.data, wanted);
    }
    if (!known) {
        server_reply(request, 401, "",
                     OCIB_STR("{\"details\":\"incorrect username or password\"}"));
        return true;
    }
    fake->tokens++;
    fake->expired = false;
    OCIB_AUTO_FREE char *body = ocib_format("{\"token\":\"tok-%u\"}", fake->tokens);
    server_reply(request, 200, "", ocib_str(body));
    return true;
}

CHECK_HELPER bool fake_is_allowed(struct fake *fake, struct request *request)
{
    const char *found = server_header(request, "Authorization");
    if (fake->auth == FAKE_OPEN) {
        fake->leaks += found != NULL;
        return true;
    }
    if (fake->auth == FAKE_BASIC) {
        return found && strcmp(found, fake->basic) == 0;
    }
    OCIB_AUTO_FREE char *wanted = ocib_format("Bearer tok-%u", fake->tokens);
    return found && strcmp(found, wanted) == 0 && !fake->expired;
}

CHECK_HELPER void fake_challenge(struct fake *fake, struct request *request)
{
    OCIB_AUTO_FREE char *headers =
        fake->auth == FAKE_BASIC
            ? ocib_strdup("WWW-Authenticate: Basic realm=\"fake\"\r\n")
            : ocib_format("WWW-Authenticate: Bearer realm=\"%s/token\",service=\"fake\"\r\n",
                          fake->server.url);
    server_reply(request, 401, headers,
                 OCIB_STR("{\"errors\":[{\"code\":\"UNAUTHORIZED\","
                          "\"message\":\"authentication required\"}]}"));
}

/* --- blobs and manifests --- */

CHECK_HELPER bool fake_get(struct fake *fake, struct request *request,
                           const struct fake_fault *fault)
{
    const char *digest = strstr(request->target, "/blobs/");
    const char *name = strstr(request->target, "/manifests/");
    if (digest) {
        struct ocib_buf *blob = ocib_map_get(fake->blobs, ocib_str(digest + 7));
        if (blob) {
            return fake_send(fake, request, fault, "", blob);
        }
        fake_error(request, 404, "BLOB_UNKNOWN", "blob unknown to registry");
        return true;
    }
    struct ocib_buf *manifest =
        name ? ocib_map_get(fake->manifests, ocib_str(request->target)) : NULL;
    if (!manifest) {
        fake_error(request, 404, "MANIFEST_UNKNOWN", "manifest unknown");
        return true;
    }
    struct ocib_digest found;
    ocib_digest_of(manifest->data, manifest->len, &found);
    OCIB_AUTO_FREE char *headers =
        ocib_format("Docker-Content-Digest: %s\r\nContent-Type: %s\r\n", found.text,
                    (const char *)ocib_map_get(fake->types, ocib_str(found.text)));
    return fake_send(fake, request, fault, headers, manifest);
}

CHECK_HELPER void fake_manifest(struct fake *fake, const char *repository, const char *name,
                                const char *type, struct ocib_str body)
{
    struct ocib_digest digest;
    ocib_digest_of(body.s, body.len, &digest);
    OCIB_AUTO_FREE char *tagged = ocib_format("/v2/%s/manifests/%s", repository, name);
    OCIB_AUTO_FREE char *digested = ocib_format("/v2/%s/manifests/%s", repository, digest.text);
    fake_put(fake->manifests, tagged, body);
    fake_put(fake->manifests, digested, body);
    ocib_map_set(fake->types, ocib_str(digest.text), ocib_strdup(type));
}

CHECK_HELPER void fake_put_manifest(struct fake *fake, struct request *request)
{
    const char *name = strstr(request->target, "/manifests/");
    OCIB_AUTO_FREE char *repository =
        ocib_strndup(request->target + 4, (size_t)(name - request->target - 4));
    fake_manifest(fake, repository, name + 11, server_header(request, "Content-Type"),
                  ocib_buf_str(&request->body));
    server_reply(request, 201, "", OCIB_STR(""));
}

CHECK_HELPER void fake_accept_upload(struct fake *fake, struct request *request, const char *path,
                                     const struct ocib_buf *upload, int status)
{
    OCIB_AUTO_FREE char *headers = ocib_format("Location: %s?_state=a%%3D\r\nRange: 0-%zu\r\n",
                                               path, upload->len ? upload->len - 1 : 0);
    server_reply(request, status, headers, OCIB_STR(""));
}

CHECK_HELPER void fake_end_upload(struct fake *fake, struct request *request,
                                  const struct ocib_buf *upload)
{
    struct ocib_digest digest;
    ocib_digest_of(upload->data, upload->len, &digest);
    /* "sha256%3A…" */
    const char *said = strstr(request->target, "digest=sha256%3A");
    if (!said || strcmp(said + 16, ocib_digest_hex(&digest)) != 0) {
        fake_error(request, 400, "DIGEST_INVALID", "provided digest did not match");
        return;
    }
    fake_put(fake->blobs, digest.text, ocib_buf_str(upload));
    server_reply(request, 201, "", OCIB_STR(""));
}

CHECK_HELPER void fake_upload(struct fake *fake, struct request *request)
{
    if (strcmp(request->method, "POST") == 0) {
        OCIB_AUTO_FREE char *path = ocib_format("%s%u", request->target, ++fake->uploads_begun);
        fake_accept_upload(fake, request, path, fake_put(fake->uploads, path, OCIB_STR("")), 202);
        return;
    }
    OCIB_AUTO_FREE char *path = ocib_strndup(request->target, strcspn(request->target, "?"));
    struct ocib_buf *upload = ocib_map_get(fake->uploads, ocib_str(path));
    if (!upload || !strstr(request->target, "_state=a%3D")) {
        fake_error(request, 404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
        return;
    }
    if (strcmp(request->method, "GET") == 0) {
        fake_accept_upload(fake, request, path, upload, 204);
        return;
    }
    if (fake->most_body && request->body.len > fake->most_body) {
        server_reply(request, 413, "", OCIB_STR("<html>too large</html>"));
        return;
    }
    const char *range = server_header(request, "Content-Range");
    if (range && strtoul(range, NULL, 10) != upload->len) {
        fake_accept_upload(fake, request, path, upload, 416);
        return;
    }
    ocib_buf_add_str(upload, ocib_buf_str(&request->body));
    if (strcmp(request->method, "PATCH") == 0) {
        fake_accept_upload(fake, request, path, upload, 202);
    } else {
        fake_end_upload(fake, request, upload);
    }
}

/* --- the whole --- */

CHECK_HELPER const struct fake_fault *fake_due(struct fake *fake, const struct request *request)
{
    OCIB_AUTO_FREE char *line = ocib_format("%s %s", request->method, request->target);
    for (size_t i = 0; i < OCIB_COUNT(fake->faults); i++) {
        struct fake_fault *fault = &fake->faults[i];
        if (fault->times > 0 && ocib_str_starts(ocib_str(line), fault->start)) {
            fault->times--;
            return fault;
        }
    }
    return NULL;
}

CHECK_HELPER bool fake_work(struct fake *fake, struct request *request,
                            const struct fake_fault *fault)
{
    bool reading = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    if (strcmp(request->target, "/v2/") == 0) {
        server_reply(request, 200, "", OCIB_STR("{}"));
    } else if (strstr(request->target, "/blobs/uploads/")) {
        fake_upload(fake, request);
    } else if (reading) {
        return fake_get(fake, request, fault);
    } else if (strstr(request->target, "/manifests/")) {
        fake_put_manifest(fake, request);
    } else {
        fake_error(request, 405, "UNSUPPORTED", "what is this");
    }
    return true;
}

CHECK_HELPER bool fake_handle(struct server *server, struct request *request)
{
    struct fake *fake = server->data;
    if (ocib_str_starts(ocib_str(request->target), "/token")) {
        return fake_token(fake, request);
    }
    const struct fake_fault *fault = fake_due(fake, request);
    if (fault && fault->kind == FAKE_STATUS) {
        server_reply(request, fault->status, fault->headers ? fault->headers : "",
                     ocib_str(fault->body ? fault->body : ""));
        return true;
    }
    if (fault && fault->kind == FAKE_HTML) {
        server_reply(request, 200, "Content-Type: text/html\r\n",
                     OCIB_STR("<!DOCTYPE html><html>Log in to the network</html>"));
        return true;
    }
    fake->expired = fake->expired || (fault && fault->kind == FAKE_EXPIRE);
    if (!fake_is_allowed(fake, request)) {
        fake_challenge(fake, request);
        return true;
    }
    if (fault && fault->kind == FAKE_DEAF) {
        int fd = request->fd;
        int nowhere[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, nowhere), 0);
        request->fd = nowhere[0];
        fake_work(fake, request, NULL);
        request->fd = fd;
        close(nowhere[0]);
        close(nowhere[1]);
        return false;
    }
    return fake_work(fake, request, fault);
}

CHECK_HELPER void fake_start(struct fake *fake)
{
    *fake = (struct fake){0};
    fake->blobs = ocib_map_new(fake_buf_free);
    fake->manifests = ocib_map_new(fake_buf_free);
    fake->uploads = ocib_map_new(fake_buf_free);
    fake->types = ocib_map_new(free);
    server_start(&fake->server, fake_handle, fake);
}

CHECK_HELPER void fake_stop(struct fake *fake)
{
    server_stop(&fake->server);
    ocib_map_free(fake->blobs);
    ocib_map_free(fake->manifests);
    ocib_map_free(fake->uploads);
    ocib_map_free(fake->types);
}

/* --- images --- */

CHECK_HELPER void fake_blob(struct fake *fake, struct ocib_str bytes, struct ocib_digest *digest)
{
    ocib_digest_of(bytes.s, bytes.len, digest);
    fake_put(fake->blobs, digest->text, bytes);
}

/* An image with layers of such sizes (0 ends the list), under a tag. */
CHECK_HELPER void fake_image(struct fake *fake, const char *repository, const char *tag,
                             const char *architecture, const size_t *sizes)
{
    OCIB_AUTO_BUF struct ocib_buf config;
    OCIB_AUTO_BUF struct ocib_buf layers;
    struct ocib_digest digest;
    ocib_buf_init(&config);
    ocib_buf_init(&layers);
    ocib_buf_printf(&config,
                    "{\"architecture\":\"%s\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\","
                    "\"diff_ids\":[",
                    architecture);
    for (size_t i = 0; sizes[i]; i++) {
        OCIB_AUTO_FREE char *bytes = ocib_alloc(sizes[i], 1);
        for (size_t j = 0; j < sizes[i]; j++) {
            bytes[j] = (char)(j * 31 + j / 977 + i + (size_t)architecture[0]);
        }
        fake_blob(fake, (struct ocib_str){bytes, sizes[i]}, &digest);
        ocib_buf_printf(&config, "%s\"%s\"", i ? "," : "", digest.text);
        ocib_buf_printf(&layers,
                        "%s{\"mediaType\":\"" OCIB_TYPE_LAYER "\",\"digest\":\"%s\",\"size\":%zu}",
                        i ? "," : "", digest.text, sizes[i]);
    }
    ocib_buf_puts(&config, "]}}");
    fake_blob(fake, ocib_buf_str(&config), &digest);
    OCIB_AUTO_FREE char *manifest =
        ocib_format("{\"schemaVersion\":2,\"mediaType\":\"" OCIB_TYPE_MANIFEST
                    "\",\"config\":{\"mediaType\":\"" OCIB_TYPE_CONFIG
                    "\",\"digest\":\"%s\",\"size\":%zu},\"layers\":[%s]}",
                    digest.text, config.len, layers.data);
    fake_manifest(fake, repository, tag, OCIB_TYPE_MANIFEST, ocib_str(manifest));
}

/* The digest of the document under a tag. */
CHECK_HELPER struct ocib_digest fake_digest(struct fake *fake, const char *repository,
                                            const char *tag)
{
    OCIB_AUTO_FREE char *path = ocib_format("/v2/%s/manifests/%s", repository, tag);
    const struct ocib_buf *found = ocib_map_get(fake->manifests, ocib_str(path));
    struct ocib_digest digest = {{0}};
    assert_non_null(found);
    ocib_digest_of(found->data, found->len, &digest);
    return digest;
}

#endif
