#include "context/digests.h"

#include "base/buf.h"
#include "base/checked.h"
#include "base/mem.h"
#include "base/vec.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

/*
 * The file: a magic line, then records of fixed size in the machine's byte order (it never leaves
 * the machine), then the sha256 of all that as text.
 */
static const char magic[] = "ocib file digests 1\n";

enum {
    RECENT_SECONDS = 2,
    KEEP_DAYS = 30,
    RECORDS_MAX = 4 * 1024 * 1024,
    READ_SIZE = 128 * 1024,
};

struct record {
    uint64_t device;
    uint64_t inode;
    int64_t size;
    int64_t mtime;
    int64_t ctime;
    uint32_t mtime_nsec;
    uint32_t ctime_nsec;
    uint32_t used_day; /* days since 1970 when it was last asked for; 0: an empty slot */
    uint32_t zero;
    unsigned char sha256[32];
};

/* An open-addressing table by device and inode; its size is a power of two. */
struct ocib_digests {
    char *path;
    struct record *slots;
    size_t size;
    size_t used;
    size_t read;
    uint32_t today;
    bool changed;
};

static struct record *find_slot(const struct ocib_digests *digests, uint64_t device, uint64_t inode)
{
    uint64_t hash = (inode ^ device << 32) * 0x9E3779B97F4A7C15u;
    size_t at = (size_t)(hash >> 20) & (digests->size - 1);
    while (digests->slots[at].used_day &&
           (digests->slots[at].inode != inode || digests->slots[at].device != device)) {
        at = (at + 1) & (digests->size - 1);
    }
    return &digests->slots[at];
}

static void resize_table(struct ocib_digests *digests, size_t size)
{
    struct record *old = digests->slots;
    size_t old_size = digests->size;
    digests->slots = ocib_alloc(size, sizeof(struct record));
    digests->size = size;
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].used_day) {
            *find_slot(digests, old[i].device, old[i].inode) = old[i];
        }
    }
    free(old);
}

static void put_record(struct ocib_digests *digests, const struct record *record)
{
    if ((digests->used + 1) * 4 > digests->size * 3) {
        resize_table(digests, digests->size * 2);
    }
    struct record *slot = find_slot(digests, record->device, record->inode);
    digests->used += slot->used_day == 0;
    *slot = *record;
}

/* --- the file ------------------------------------------------------------------------------- */

/* The records of a whole and intact file; their number, 0 if it is none. */
static size_t check_file(const struct ocib_buf *file)
{
    size_t head = sizeof(magic) - 1;
    if (file->len < head + OCIB_DIGEST_SIZE || memcmp(file->data, magic, head) != 0) {
        return 0;
    }
    size_t records = file->len - head - OCIB_DIGEST_SIZE;
    struct ocib_digest sum;
    ocib_digest_of(file->data, file->len - OCIB_DIGEST_SIZE, &sum);
    bool whole = memcmp(sum.text, file->data + file->len - OCIB_DIGEST_SIZE, OCIB_DIGEST_SIZE) == 0;
    return whole && records % sizeof(struct record) == 0 ? records / sizeof(struct record) : 0;
}

static void load(struct ocib_digests *digests)
{
    OCIB_AUTO_BUF struct ocib_buf file = {0};
    size_t limit = sizeof(magic) + OCIB_DIGEST_SIZE + RECORDS_MAX * sizeof(struct record);
    if (ocib_file_read(AT_FDCWD, digests->path, limit, &file, OCIB_EINPUT, NULL) < 0) {
        return;
    }
    size_t count = check_file(&file);
    for (size_t i = 0; i < count; i++) {
        struct record record;
        memcpy(&record, file.data + sizeof(magic) - 1 + i * sizeof(record), sizeof(record));
        if (record.used_day && record.used_day <= digests->today &&
            digests->today - record.used_day <= KEEP_DAYS) {
            put_record(digests, &record);
        }
    }
}

static void save(const struct ocib_digests *digests)
{
    OCIB_AUTO_BUF struct ocib_buf file = {0};
    ocib_buf_add(&file, magic, sizeof(magic) - 1);
    size_t saved = 0;
    for (size_t i = 0; i < digests->size && saved < RECORDS_MAX; i++) {
        if (digests->slots[i].used_day) {
            ocib_buf_add(&file, &digests->slots[i], sizeof(struct record));
            saved++;
        }
    }
    struct ocib_digest sum;
    ocib_digest_of(file.data, file.len, &sum);
    ocib_buf_add(&file, sum.text, OCIB_DIGEST_SIZE);
    if (ocib_file_write_atomic(AT_FDCWD, digests->path, ocib_buf_str(&file), 0600, NULL) < 0) {
        return; /* the next build reads the files again */
    }
}

struct ocib_digests *ocib_digests_new(const char *path)
{
    struct ocib_digests *digests = ocib_new(struct ocib_digests);
    digests->path = ocib_strdup(path);
    digests->today = (uint32_t)(time(NULL) / (24 * 60 * 60));
    resize_table(digests, 1024);
    if (path) {
        load(digests);
    }
    return digests;
}

void ocib_digests_free(struct ocib_digests *digests)
{
    if (!digests) {
        return;
    }
    if (digests->path && digests->changed) {
        save(digests);
    }
    free(digests->slots);
    free(digests->path);
    free(digests);
}

struct ocib_digests_count ocib_digests_count(const struct ocib_digests *digests)
{
    return (struct ocib_digests_count){digests->used, digests->read};
}

/* --- asking --------------------------------------------------------------------------------- */

static struct record describe(const struct stat *st)
{
    return (struct record){
        .device = st->st_dev,
        .inode = st->st_ino,
        .size = st->st_size,
        .mtime = st->st_mtim.tv_sec,
        .ctime = st->st_ctim.tv_sec,
        .mtime_nsec = (uint32_t)st->st_mtim.tv_nsec,
        .ctime_nsec = (uint32_t)st->st_ctim.tv_nsec,
    };
}

static bool same_file(const struct record *a, const struct record *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->mtime == b->mtime && a->mtime_nsec == b->mtime_nsec && a->ctime == b->ctime &&
           a->ctime_nsec == b->ctime_nsec;
}

static int changed_meanwhile(const char *name, struct ocib_error **err)
{
    ocib_error_set(err, OCIB_EINPUT, "%s changed while the build was reading it", name);
    return ocib_error_hint_set(err, "stop what writes to it, or exclude it in .dockerignore");
}

static int cant_read(const char *name, struct ocib_error **err)
{
    if (errno == ENOENT || errno == ELOOP || errno == ENOTDIR) {
        return changed_meanwhile(name, err);
    }
    bool denied = errno == EACCES || errno == EPERM;
    ocib_error_set_errno(err, OCIB_EINPUT, "can't read %s", name);
    return denied ? ocib_error_hint_set(err, "exclude it in .dockerignore, or make it readable "
                                             "(chmod u+r)")
                  : -1;
}

/* Inode numbers of an overlay may change under a copy-up, so device and inode don't count. */
int ocib_context_file_open(int dir_fd, const char *name, const struct stat *st,
                           struct ocib_error **err)
{
    /* Without O_NONBLOCK a fifo that took the file's place would block. */
    OCIB_AUTO_FD int fd =
        ocib_open_beneath(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    struct stat now;
    if (fd < 0 || fstat(fd, &now) < 0) {
        return cant_read(name, err);
    }
    if (!S_ISREG(now.st_mode) || now.st_size != st->st_size ||
        now.st_mtim.tv_sec != st->st_mtim.tv_sec || now.st_mtim.tv_nsec != st->st_mtim.tv_nsec) {
        return changed_meanwhile(name, err);
    }
    return ocib_fd_steal(&fd);
}

static int hash_content(int fd, const char *name, int64_t size, struct ocib_digest *out,
                        struct ocib_error **err)
{
    OCIB_AUTO(ocib_hasher_cleanup) struct ocib_hasher *hasher = ocib_hasher_new();
    OCIB_AUTO_FREE char *bytes = ocib_alloc(READ_SIZE, 1);
    int64_t left = size;
    ssize_t n;
    /* One byte more than there should be shows a file that grew. */
    while ((n = ocib_fd_read_full(fd, bytes, left < READ_SIZE ? (size_t)left + 1 : READ_SIZE)) >
               0 &&
           n <= left) {
        ocib_hasher_update(hasher, bytes, (size_t)n);
        left -= n;
    }
    if (n < 0) {
        return cant_read(name, err);
    }
    if (left != 0 || n > 0) {
        return changed_meanwhile(name, err);
    }
    ocib_hasher_final(hasher, out);
    return 0;
}

static void digest_to_bytes(const struct ocib_digest *digest, unsigned char out[32])
{
    const char *hex = ocib_digest_hex(digest);
    for (size_t i = 0; i < 32; i++) {
        unsigned value = 0;
        for (size_t k = 0; k < 2; k++) {
            char c = hex[2 * i + k];
            value = value * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
        }
        out[i] = (unsigned char)value;
    }
}

static void bytes_to_digest(const unsigned char bytes[32], struct ocib_digest *out)
{
    static const char digits[] = "0123456789abcdef";
    memcpy(out->text, "sha256:", 7);
    for (size_t i = 0; i < 32; i++) {
        out->text[7 + 2 * i] = digits[bytes[i] >> 4];
        out->text[8 + 2 * i] = digits[bytes[i] & 15];
    }
    out->text[7 + 64] = '\0';
}

/* `before` is when the reading began: a later change within the clock's grain has a ctime that is
 * recent then. */
static void remember(struct ocib_digests *digests, struct record *record, int64_t before,
                     const struct ocib_digest *digest)
{
    if (record->ctime + RECENT_SECONDS >= before) {
        return;
    }
    record->used_day = digests->today;
    digest_to_bytes(digest, record->sha256);
    put_record(digests, record);
    digests->changed = true;
}

int ocib_digests_file(struct ocib_digests *digests, int dir_fd, const char *name,
                      const struct stat *st, struct ocib_digest *out, struct ocib_error **err)
{
    struct record record = describe(st);
    struct record *known = digests ? find_slot(digests, record.device, record.inode) : NULL;
    if (known && known->used_day && same_file(known, &record)) {
        digests->changed |= known->used_day != digests->today;
        known->used_day = digests->today;
        bytes_to_digest(known->sha256, out);
        return 0;
    }
    int64_t before = time(NULL);
    OCIB_AUTO_FD int fd = ocib_context_file_open(dir_fd, name, st, err);
    if (fd < 0 || hash_content(fd, name, st->st_size, out, err) < 0) {
        return -1;
    }
    if (digests) {
        digests->read++;
        remember(digests, &record, before, out);
    }
    return 0;
}
