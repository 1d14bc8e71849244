#include "base/mem.h"
#include "io/stream.h"

struct tee_writer {
    struct ocib_writer base;
    struct ocib_writer *next;
    struct ocib_hasher *hasher;
    struct ocib_tally *tally;
};

static int tee_write(struct ocib_writer *writer, const void *bytes, size_t len,
                     struct ocib_error **err)
{
    struct tee_writer *w = (struct tee_writer *)writer;
    ocib_hasher_update(w->hasher, bytes, len);
    w->tally->bytes += (int64_t)len;
    return ocib_writer_write(w->next, bytes, len, err);
}

static int tee_finish(struct ocib_writer *writer, struct ocib_error **err)
{
    struct tee_writer *w = (struct tee_writer *)writer;
    if (ocib_writer_finish(w->next, err) < 0) {
        return -1;
    }
    ocib_hasher_final(w->hasher, &w->tally->digest);
    return 0;
}

static void tee_writer_free(struct ocib_writer *writer)
{
    struct tee_writer *w = (struct tee_writer *)writer;
    ocib_writer_free(w->next);
    ocib_hasher_free(w->hasher);
    free(w);
}

struct ocib_writer *ocib_writer_tee(struct ocib_writer *next, struct ocib_tally *tally)
{
    static const struct ocib_writer_ops ops = {tee_write, tee_finish, tee_writer_free};
    struct tee_writer *w = ocib_new(struct tee_writer);
    w->base.ops = &ops;
    w->next = next;
    w->hasher = ocib_hasher_new();
    w->tally = tally;
    *tally = (struct ocib_tally){0};
    return &w->base;
}

struct tee_reader {
    struct ocib_reader base;
    struct ocib_reader *next;
    struct ocib_hasher *hasher;
    struct ocib_tally *tally;
    bool ended;
};

static ssize_t tee_read(struct ocib_reader *reader, void *bytes, size_t len,
                        struct ocib_error **err)
{
    struct tee_reader *r = (struct tee_reader *)reader;
    ssize_t n = ocib_reader_read(r->next, bytes, len, err);
    if (n > 0) {
        ocib_hasher_update(r->hasher, bytes, (size_t)n);
        r->tally->bytes += n;
    } else if (n == 0 && !r->ended) {
        ocib_hasher_final(r->hasher, &r->tally->digest);
        r->ended = true;
    }
    return n;
}

static void tee_reader_free(struct ocib_reader *reader)
{
    struct tee_reader *r = (struct tee_reader *)reader;
    ocib_reader_free(r->next);
    ocib_hasher_free(r->hasher);
    free(r);
}

struct ocib_reader *ocib_reader_tee(struct ocib_reader *next, struct ocib_tally *tally)
{
    static const struct ocib_reader_ops ops = {tee_read, tee_reader_free};
    struct tee_reader *r = ocib_new(struct tee_reader);
    r->base.ops = &ops;
    r->next = next;
    r->hasher = ocib_hasher_new();
    r->tally = tally;
    *tally = (struct ocib_tally){0};
    return &r->base;
}

/* Verification is a tee whose tally is compared at the end. */
struct verifier {
    struct ocib_reader base;
    struct ocib_reader *tee;
    struct ocib_tally tally;
    struct ocib_digest wanted;
    int64_t size;
    char *name;
};

static int check_end(const struct verifier *v, struct ocib_error **err)
{
    if (v->size >= 0 && v->tally.bytes != v->size) {
        return ocib_error_set(err, OCIB_ECORRUPT, "%s ends after %lld of %lld bytes", v->name,
                              (long long)v->tally.bytes, (long long)v->size);
    }
    if (!ocib_digest_eq(&v->tally.digest, &v->wanted)) {
        return ocib_error_set(err, OCIB_ECORRUPT,
                              "%s is not what its digest says: it has %s, not %s", v->name,
                              v->tally.digest.text, v->wanted.text);
    }
    return 0;
}

static ssize_t verify_read(struct ocib_reader *reader, void *bytes, size_t len,
                           struct ocib_error **err)
{
    struct verifier *v = (struct verifier *)reader;
    ssize_t n = ocib_reader_read(v->tee, bytes, len, err);
    if (n == 0) {
        return check_end(v, err);
    }
    if (n > 0 && v->size >= 0 && v->tally.bytes > v->size) {
        return ocib_error_set(err, OCIB_ECORRUPT, "%s is longer than its %lld bytes", v->name,
                              (long long)v->size);
    }
    return n;
}

static void verifier_free(struct ocib_reader *reader)
{
    struct verifier *v = (struct verifier *)reader;
    ocib_reader_free(v->tee);
    free(v->name);
    free(v);
}

struct ocib_reader *ocib_reader_verify(struct ocib_reader *next, const struct ocib_digest *digest,
                                       int64_t size, const char *name)
{
    static const struct ocib_reader_ops ops = {verify_read, verifier_free};
    struct verifier *v = ocib_new(struct verifier);
    v->base.ops = &ops;
    v->tee = ocib_reader_tee(next, &v->tally);
    v->wanted = *digest;
    v->size = size;
    v->name = ocib_strdup(name);
    return &v->base;
}

struct limit_writer {
    struct ocib_writer base;
    struct ocib_writer *next;
    int64_t limit;
    int64_t left;
    char *name;
};

static int limit_write(struct ocib_writer *writer, const void *bytes, size_t len,
                       struct ocib_error **err)
{
    struct limit_writer *w = (struct limit_writer *)writer;
    if ((uint64_t)w->left < len) {
        return ocib_error_set(err, OCIB_ESTORE,
                              "%s is larger than the %lld bytes that there is room for", w->name,
                              (long long)w->limit);
    }
    w->left -= (int64_t)len;
    return ocib_writer_write(w->next, bytes, len, err);
}

static int limit_finish(struct ocib_writer *writer, struct ocib_error **err)
{
    return ocib_writer_finish(((struct limit_writer *)writer)->next, err);
}

static void limit_writer_free(struct ocib_writer *writer)
{
    struct limit_writer *w = (struct limit_writer *)writer;
    ocib_writer_free(w->next);
    free(w->name);
    free(w);
}

struct ocib_writer *ocib_writer_limit(struct ocib_writer *next, int64_t limit, const char *name)
{
    static const struct ocib_writer_ops ops = {limit_write, limit_finish, limit_writer_free};
    struct limit_writer *w = ocib_new(struct limit_writer);
    w->base.ops = &ops;
    w->next = next;
    w->limit = limit;
    w->left = limit < 0 ? 0 : limit;
    w->name = ocib_strdup(name);
    return &w->base;
}
