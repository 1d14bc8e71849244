#include "sandbox/wire.h"

#include "base/mem.h"
#include "sys/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static const char damaged[] = "the specification of the step is damaged";

void ocib_sandbox_spec_release(struct ocib_sandbox_spec *spec)
{
    ocib_vec_release(&spec->groups);
    free(spec->cwd);
    free(spec->hostname);
    ocib_strings_release(&spec->mounts);
    ocib_strings_release(&spec->argv);
    ocib_strings_release(&spec->env);
    ocib_strings_release(&spec->shell);
    ocib_buf_release(&spec->filter);
    ocib_buf_release(&spec->limits);
}

static void put_number(struct ocib_buf *out, uint32_t number)
{
    ocib_buf_add(out, &number, sizeof(number));
}

static void put_long(struct ocib_buf *out, uint64_t number)
{
    ocib_buf_add(out, &number, sizeof(number));
}

static void put_bytes(struct ocib_buf *out, const void *bytes, size_t len)
{
    put_number(out, (uint32_t)len);
    ocib_buf_add(out, bytes, len);
}

static void put_strings(struct ocib_buf *out, const struct ocib_strings *list)
{
    put_number(out, (uint32_t)list->len);
    for (size_t i = 0; i < list->len; i++) {
        put_bytes(out, list->items[i], strlen(list->items[i]));
    }
}

static size_t strings_size(const struct ocib_strings *list)
{
    size_t size = 0;
    for (size_t i = 0; i < list->len && size < OCIB_SPEC_MAX; i++) {
        size += sizeof(uint32_t) + strlen(list->items[i]);
    }
    return size;
}

enum {
    FLAG_NO_NETWORK = 1,
    FLAG_INSECURE = 2,
    FLAG_UNMASKED = 4,
    FLAG_NO_NEW_PRIVILEGES = 8,
    FLAG_CGROUP = 16,
    FLAG_INPUT = 32,
    FLAG_TERMINAL = 64,
    FLAG_OUTER_PROC = 256,
    FLAG_CHROOT = 512,
    FLAG_EMULATED = 128,
};

static uint32_t flags_of(const struct ocib_sandbox_spec *spec)
{
    return (spec->no_network ? FLAG_NO_NETWORK : 0U) | (spec->insecure ? FLAG_INSECURE : 0U) |
           (spec->unmasked ? FLAG_UNMASKED : 0U) |
           (spec->no_new_privileges ? FLAG_NO_NEW_PRIVILEGES : 0U) |
           (spec->has_cgroup ? FLAG_CGROUP : 0U) | (spec->emulated ? FLAG_EMULATED : 0U) |
           (spec->has_input ? FLAG_INPUT : 0U) | (spec->has_terminal ? FLAG_TERMINAL : 0U) |
           (spec->outer_proc ? FLAG_OUTER_PROC : 0U) | (spec->in_chroot ? FLAG_CHROOT : 0U);
}

static void take_flags(struct ocib_sandbox_spec *spec, uint32_t flags)
{
    spec->no_network = flags & FLAG_NO_NETWORK;
    spec->insecure = flags & FLAG_INSECURE;
    spec->unmasked = flags & FLAG_UNMASKED;
    spec->no_new_privileges = flags & FLAG_NO_NEW_PRIVILEGES;
    spec->has_cgroup = flags & FLAG_CGROUP;
    spec->has_input = flags & FLAG_INPUT;
    spec->has_terminal = flags & FLAG_TERMINAL;
    spec->in_chroot = flags & FLAG_CHROOT;
    spec->emulated = flags & FLAG_EMULATED;
    spec->outer_proc = flags & FLAG_OUTER_PROC;
}

int ocib_sandbox_spec_encode(const struct ocib_sandbox_spec *spec, struct ocib_buf *out,
                             struct ocib_error **err)
{
    size_t size = strings_size(&spec->mounts) + strings_size(&spec->argv) +
                  strings_size(&spec->env) + strings_size(&spec->shell) + spec->filter.len +
                  spec->limits.len + spec->groups.len * sizeof(gid_t) + strlen(spec->cwd) +
                  strlen(spec->hostname);
    if (size > OCIB_SPEC_MAX - 128) {
        return ocib_error_set(err, OCIB_EBUILD,
                              "the command and its environment are %zu bytes long, more than %d",
                              size, OCIB_SPEC_MAX - 128);
    }
    OCIB_AUTO_BUF struct ocib_buf body = {0};
    put_number(&body, spec->uid);
    put_number(&body, spec->gid);
    put_number(&body, flags_of(spec));
    put_long(&body, spec->caps);
    put_long(&body, spec->shm_size);
    put_bytes(&body, spec->limits.data, spec->limits.len);
    put_bytes(&body, spec->groups.items, spec->groups.len * sizeof(gid_t));
    put_bytes(&body, spec->cwd, strlen(spec->cwd));
    put_bytes(&body, spec->hostname, strlen(spec->hostname));
    put_strings(&body, &spec->mounts);
    put_strings(&body, &spec->argv);
    put_strings(&body, &spec->env);
    put_strings(&body, &spec->shell);
    put_bytes(&body, spec->filter.data, spec->filter.len);
    put_bytes(out, body.data, body.len);
    return 0;
}

static bool get_number(struct ocib_str *rest, uint32_t *out)
{
    if (rest->len < sizeof(*out)) {
        return false;
    }
    memcpy(out, rest->s, sizeof(*out));
    *rest = ocib_str_sub(*rest, sizeof(*out), rest->len);
    return true;
}

static bool get_long(struct ocib_str *rest, uint64_t *out)
{
    if (rest->len < sizeof(*out)) {
        return false;
    }
    memcpy(out, rest->s, sizeof(*out));
    *rest = ocib_str_sub(*rest, sizeof(*out), rest->len);
    return true;
}

static bool get_bytes(struct ocib_str *rest, struct ocib_str *out)
{
    uint32_t len;
    if (!get_number(rest, &len) || len > rest->len) {
        return false;
    }
    *out = ocib_str_sub(*rest, 0, len);
    *rest = ocib_str_sub(*rest, len, rest->len);
    return true;
}

static bool get_string(struct ocib_str *rest, char **out)
{
    struct ocib_str bytes;
    if (!get_bytes(rest, &bytes) || ocib_str_find(bytes, '\0') >= 0) {
        return false;
    }
    *out = ocib_str_dup(bytes);
    return true;
}

static bool get_strings(struct ocib_str *rest, struct ocib_strings *out)
{
    uint32_t count;
    if (!get_number(rest, &count)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        char *s;
        if (!get_string(rest, &s)) {
            return false;
        }
        ocib_strings_take(out, s);
    }
    return true;
}

static bool get_groups(struct ocib_str *rest, struct ocib_sandbox_spec *out)
{
    struct ocib_str bytes;
    if (!get_bytes(rest, &bytes) || bytes.len % sizeof(gid_t)) {
        return false;
    }
    for (size_t i = 0; i < bytes.len; i += sizeof(gid_t)) {
        memcpy(ocib_vec_add(&out->groups), bytes.s + i, sizeof(gid_t));
    }
    return true;
}

int ocib_sandbox_spec_decode(struct ocib_str body, struct ocib_sandbox_spec *out,
                             struct ocib_error **err)
{
    uint32_t flags;
    struct ocib_str filter;
    struct ocib_str limits;
    if (!get_number(&body, &out->uid) || !get_number(&body, &out->gid) ||
        !get_number(&body, &flags) || !get_long(&body, &out->caps) ||
        !get_long(&body, &out->shm_size) || !get_bytes(&body, &limits) || !get_groups(&body, out) ||
        !get_string(&body, &out->cwd) || !get_string(&body, &out->hostname) ||
        !get_strings(&body, &out->mounts) || !get_strings(&body, &out->argv) ||
        !get_strings(&body, &out->env) || !get_strings(&body, &out->shell) ||
        !get_bytes(&body, &filter) || body.len || out->argv.len == 0) {
        return ocib_error_set(err, OCIB_EINTERNAL, "%s", damaged);
    }
    take_flags(out, flags);
    ocib_buf_add(&out->limits, limits.s, limits.len);
    ocib_buf_add(&out->filter, filter.s, filter.len);
    return 0;
}

int ocib_sandbox_spec_receive(int fd, struct ocib_sandbox_spec *out, struct ocib_error **err)
{
    uint32_t len;
    if (ocib_fd_read_full(fd, &len, sizeof(len)) != (ssize_t)sizeof(len) || len > OCIB_SPEC_MAX) {
        return ocib_error_set(err, OCIB_EINTERNAL, "%s", damaged);
    }
    OCIB_AUTO_BUF struct ocib_buf body = {0};
    ssize_t got = ocib_fd_read_full(fd, ocib_buf_reserve(&body, len), len);
    if (got != (ssize_t)len) {
        return ocib_error_set(err, OCIB_EINTERNAL, "%s", damaged);
    }
    return ocib_sandbox_spec_decode((struct ocib_str){body.data, len}, out, err);
}

/* A record: kind, number (error code or wait status), message, hint, reason (empty: none). */
enum { RECORD_ERROR = 0x65, RECORD_STATUS = 0x73 };

static void send_record(int fd, const struct ocib_buf *record)
{
    ssize_t sent;
    do {
        sent = send(fd, record->data, record->len, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
}

static void put_text(struct ocib_buf *out, const char *text)
{
    const size_t most = OCIB_RECORD_MAX / 3 - 16;
    size_t len = text ? strlen(text) : 0;
    put_bytes(out, text, len > most ? most : len);
}

void ocib_sandbox_report_error(int fd, const struct ocib_error *err)
{
    OCIB_AUTO_BUF struct ocib_buf record = {0};
    put_number(&record, RECORD_ERROR);
    put_number(&record, (uint32_t)ocib_error_code(err));
    put_text(&record, ocib_error_message(err));
    put_text(&record, ocib_error_hint(err));
    put_text(&record, ocib_error_reason(err));
    send_record(fd, &record);
}

void ocib_sandbox_report_status(int fd, int wait_status)
{
    OCIB_AUTO_BUF struct ocib_buf record = {0};
    put_number(&record, RECORD_STATUS);
    put_number(&record, (uint32_t)wait_status);
    put_text(&record, NULL);
    put_text(&record, NULL);
    put_text(&record, NULL);
    send_record(fd, &record);
}

int ocib_sandbox_report_parse(struct ocib_str bytes, int *wait_status, struct ocib_error **err)
{
    uint32_t kind;
    uint32_t number;
    struct ocib_str message;
    struct ocib_str hint;
    struct ocib_str reason;
    if (!get_number(&bytes, &kind) || !get_number(&bytes, &number) ||
        !get_bytes(&bytes, &message) || !get_bytes(&bytes, &hint) || !get_bytes(&bytes, &reason)) {
        return 0;
    }
    if (kind == RECORD_STATUS) {
        *wait_status = (int)number;
        return 1;
    }
    if (kind != RECORD_ERROR || number == OCIB_OK || number > OCIB_EINTERNAL) {
        return 0;
    }
    ocib_error_set(err, (enum ocib_code)number, "%.*s", OCIB_STR_ARG(message));
    if (reason.len) {
        OCIB_AUTO_FREE char *word = ocib_str_dup(reason);
        ocib_error_reason_set(err, word);
    }
    return hint.len ? ocib_error_hint_set(err, "%.*s", OCIB_STR_ARG(hint)) : -1;
}
