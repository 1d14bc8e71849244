/*
 * A small HTTP/1.1 server inside a test program, on a free loopback port: one thread a connection,
 * one handler for all, called under the server's lock, so that it may count in plain variables. A
 * handler answers with server_reply() or writes raw bytes to request->fd, and returns whether the
 * connection is kept.
 */
#ifndef OCIB_TESTS_HTTP_SERVER_H
#define OCIB_TESTS_HTTP_SERVER_H

#include "base/buf.h"
#include "base/mem.h"
#include "base/vec.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERVER_HELPER static __attribute__((unused))

struct request {
    char *method;
    char *target; /* path and query */
    struct ocib_strings headers;
    struct ocib_buf body;
    int fd;
    unsigned connection; /* which of the server's, from 1 */
};

struct server {
    int listener;
    unsigned port;
    char host[32]; /* "127.0.0.1:port" */
    char url[40];  /* "http://127.0.0.1:port" */
    bool (*handle)(struct server *server, struct request *request);
    void *data;
    pthread_mutex_t lock;
    struct ocib_strings log; /* "METHOD target" of each request */
    bool eager;              /* the handler is called before the body is read */
    unsigned connections;
    pthread_t acceptor;
    struct {
        OCIB_VEC(pthread_t);
    } threads;
    struct {
        OCIB_VEC(int);
    } fds;
};

struct server_connection {
    struct server *server;
    int fd;
    unsigned number;
};

SERVER_HELPER void server_write(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        at += sent;
        len -= (size_t)sent;
    }
}

/* `headers`: whole lines, each ended by CR LF; may be "". */
SERVER_HELPER void server_reply(struct request *request, int status, const char *headers,
                                struct ocib_str body)
{
    OCIB_AUTO_FREE char *head = ocib_format("HTTP/1.1 %d Status\r\nContent-Length: %zu\r\n%s\r\n",
                                            status, body.len, headers);
    server_write(request->fd, head, strlen(head));
    if (strcmp(request->method, "HEAD") != 0) {
        server_write(request->fd, body.s, body.len);
    }
}

SERVER_HELPER const char *server_header(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->headers.len; i++) {
        const char *line = request->headers.items[i];
        size_t len = strlen(name);
        if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
            return line + len + 2;
        }
    }
    return NULL;
}

/* Waits until the client goes away, whatever it sends till then. */
SERVER_HELPER void server_stall(struct request *request)
{
    char drop[4096];
    while (recv(request->fd, drop, sizeof(drop), 0) > 0) {
    }
}

/* Ends the connection with a reset rather than in order. */
SERVER_HELPER void server_reset(struct request *request)
{
    struct linger linger = {1, 0};
    setsockopt(request->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

SERVER_HELPER unsigned server_count(struct server *server, const char *start)
{
    unsigned count = 0;
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->log.len; i++) {
        count += ocib_str_starts(ocib_str(server->log.items[i]), start);
    }
    pthread_mutex_unlock(&server->lock);
    return count;
}

SERVER_HELPER bool server_read_line(FILE *in, char *line, size_t size)
{
    if (!fgets(line, (int)size, in)) {
        return false;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

/* Handlers read the body as text too, so it gets its NUL. */
SERVER_HELPER void server_read_bytes(FILE *in, size_t len, struct ocib_buf *body)
{
    char *room = ocib_buf_reserve(body, len);
    body->len += fread(room, 1, len, in);
    body->data[body->len] = '\0';
}

SERVER_HELPER void server_read_chunks(FILE *in, struct ocib_buf *body)
{
    char line[128];
    while (server_read_line(in, line, sizeof(line))) {
        size_t len = strtoul(line, NULL, 16);
        server_read_bytes(in, len, body);
        if (!server_read_line(in, line, sizeof(line)) || len == 0) {
            return;
        }
    }
}

SERVER_HELPER void server_read_body(FILE *in, struct request *request)
{
    const char *length = server_header(request, "Content-Length");
    const char *expect = server_header(request, "Expect");
    if (expect) {
        server_write(request->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    }
    if (length) {
        server_read_bytes(in, strtoul(length, NULL, 10), &request->body);
    } else if (server_header(request, "Transfer-Encoding")) {
        server_read_chunks(in, &request->body);
    }
}

SERVER_HELPER bool server_read_head(FILE *in, struct request *request)
{
    char line[16384];
    if (!server_read_line(in, line, sizeof(line))) {
        return false;
    }
    struct ocib_str rest = ocib_str(line), method, target;
    if (!ocib_str_cut(&rest, ' ', &method) || !ocib_str_cut(&rest, ' ', &target)) {
        return false;
    }
    request->method = ocib_str_dup(method);
    request->target = ocib_str_dup(target);
    while (server_read_line(in, line, sizeof(line)) && line[0]) {
        ocib_strings_push(&request->headers, line);
    }
    return true;
}

SERVER_HELPER bool server_one(struct server_connection *c, FILE *in)
{
    struct request request = {.fd = c->fd, .connection = c->number};
    ocib_buf_init(&request.body);
    bool keep = server_read_head(in, &request);
    if (keep) {
        if (!c->server->eager) {
            server_read_body(in, &request);
        }
        pthread_mutex_lock(&c->server->lock);
        ocib_strings_take(&c->server->log, ocib_format("%s %s", request.method, request.target));
        keep = c->server->handle(c->server, &request);
        pthread_mutex_unlock(&c->server->lock);
    }
    free(request.method);
    free(request.target);
    ocib_strings_release(&request.headers);
    ocib_buf_release(&request.body);
    return keep;
}

SERVER_HELPER void *server_serve(void *data)
{
    struct server_connection *c = data;
    FILE *in = fdopen(dup(c->fd), "r");
    /* The first byte of TLS: who says it waits for an answer that will not come. */
    unsigned char first = 0;
    bool speaks_tls = recv(c->fd, &first, 1, MSG_PEEK) == 1 && first == 0x16;
    while (in && !speaks_tls && server_one(c, in)) {
    }
    fclose(in);
    /* Closed by server_stop(): the number may not be used anew before. */
    struct linger linger;
    socklen_t len = sizeof(linger);
    getsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, &len);
    if (linger.l_onoff) {
        int null = socket(AF_INET, SOCK_STREAM, 0);
        dup2(null, c->fd);
        close(null);
    } else {
        shutdown(c->fd, SHUT_RDWR);
    }
    free(c);
    return NULL;
}

SERVER_HELPER void *server_accept(void *data)
{
    struct server *server = data;
    for (;;) {
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        pthread_mutex_lock(&server->lock);
        struct server_connection *c = ocib_new(struct server_connection);
        *c = (struct server_connection){server, fd, ++server->connections};
        ocib_vec_push(&server->fds, fd);
        pthread_create(ocib_vec_add(&server->threads), NULL, server_serve, c);
        pthread_mutex_unlock(&server->lock);
    }
}

SERVER_HELPER void server_start(struct server *server,
                                bool (*handle)(struct server *server, struct request *request),
                                void *data)
{
    *server = (struct server){.handle = handle, .data = data};
    pthread_mutex_init(&server->lock, NULL);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    if (bind(server->listener, (struct sockaddr *)&address, len) || listen(server->listener, 64) ||
        getsockname(server->listener, (struct sockaddr *)&address, &len)) {
        perror("test server");
        exit(1);
    }
    server->port = ntohs(address.sin_port);
    snprintf(server->host, sizeof(server->host), "127.0.0.1:%u", server->port);
    snprintf(server->url, sizeof(server->url), "http://%s", server->host);
    pthread_create(&server->acceptor, NULL, server_accept, server);
}

SERVER_HELPER void server_stop(struct server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->acceptor, NULL);
    close(server->listener);
    for (size_t i = 0; i < server->fds.len; i++) {
        shutdown(server->fds.items[i], SHUT_RDWR);
    }
    for (size_t i = 0; i < server->threads.len; i++) {
        pthread_join(server->threads.items[i], NULL);
        close(server->fds.items[i]);
    }
    ocib_vec_release(&server->fds);
    ocib_vec_release(&server->threads);
    ocib_strings_release(&server->log);
    pthread_mutex_destroy(&server->lock);
}

#endif
