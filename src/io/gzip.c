#include "io/gzip.h"

#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* The first three decide on the bytes that are written: a change changes every digest. */
enum {
    BLOCK_SIZE = 128 * 1024,
    WINDOW = 32 * 1024,
    RANDOM_LEAST = 16 * 1024, /* fewer bytes say little of how they are spread */
    STORED_MOST = 65535,
    THREADS_MOST = 8,
    /* Deflate's worst case for a block, with the flush's empty stored block. */
    OUT_SIZE = BLOCK_SIZE + BLOCK_SIZE / 1000 + 256,
};

struct block {
    unsigned char *in; /* the dictionary in front, then the block's bytes */
    size_t dictionary_len;
    size_t len;
    bool last;
    unsigned char *out;
    size_t out_len;
    uLong crc;
    bool done;
    bool bad;
};

/*
 * Block n is in slot n % slot_count. Numbers only grow: written ≤ taken ≤ submitted; the owner
 * fills block `submitted`. `taken`, `submitted`, `done` and `stop` are guarded by the mutex.
 */
struct gzip_writer {
    struct ocib_writer base;
    struct ocib_writer *next;
    int level;
    unsigned threads_wanted;
    unsigned thread_count;
    pthread_t threads[THREADS_MOST];
    struct block slots[2 * THREADS_MOST];
    size_t slot_count;
    uint64_t submitted;
    uint64_t taken;
    uint64_t written;
    pthread_mutex_t mutex;
    pthread_cond_t work;
    pthread_cond_t done;
    bool stop;
    bool started;
    bool header_written;
    z_stream own; /* the owner's, when there are no threads */
    bool own_ready;
    uLong crc;
    uint32_t total;
};

static bool deflate_init(z_stream *z, int level)
{
    *z = (z_stream){0};
    return deflateInit2(z, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK;
}

/*
 * Whether bytes look as if they were compressed already: all values occur about equally often. Such
 * are most of an image's archives and pictures, and searching them for matches takes zlib longest
 * for nothing. The sum of squares of counts is least, len²/256, if they are equal; English text has
 * about 16 times that. Integers only: the answer decides on the bytes that are written.
 */
static bool looks_random(const unsigned char *bytes, size_t len)
{
    uint32_t counts[4][256] = {0};
    uint64_t squares = 0;
    for (size_t i = 0; i + 4 <= len; i += 4) {
        counts[0][bytes[i]]++;
        counts[1][bytes[i + 1]]++;
        counts[2][bytes[i + 2]]++;
        counts[3][bytes[i + 3]]++;
    }
    for (unsigned i = 0; i < 256; i++) {
        uint64_t count = (uint64_t)counts[0][i] + counts[1][i] + counts[2][i] + counts[3][i];
        squares += count * count;
    }
    return len >= RANDOM_LEAST && squares * 256 * 100 < (uint64_t)len * len * 102;
}

/* Stored blocks (RFC 1951, 3.2.4), which end at a byte boundary by themselves. */
static void store_block(struct block *block)
{
    const unsigned char *bytes = block->in + block->dictionary_len;
    size_t left = block->len;
    unsigned char *out = block->out;
    do {
        size_t n = left < STORED_MOST ? left : STORED_MOST;
        left -= n;
        *out++ = block->last && left == 0;
        *out++ = (unsigned char)n;
        *out++ = (unsigned char)(n >> 8);
        *out++ = (unsigned char)~n;
        *out++ = (unsigned char)(~n >> 8);
        memcpy(out, bytes, n);
        out += n;
        bytes += n;
    } while (left);
    block->out_len = (size_t)(out - block->out);
}

static bool deflate_block(z_stream *z, struct block *block)
{
    unsigned char *bytes = block->in + block->dictionary_len;
    block->crc = crc32_z(crc32_z(0, NULL, 0), bytes, block->len);
    if (looks_random(bytes, block->len)) {
        store_block(block);
        return true;
    }
    if (deflateReset(z) != Z_OK) {
        return false;
    }
    if (block->dictionary_len &&
        deflateSetDictionary(z, block->in, (uInt)block->dictionary_len) != Z_OK) {
        return false;
    }
    z->next_in = bytes;
    z->avail_in = (uInt)block->len;
    z->next_out = block->out;
    z->avail_out = OUT_SIZE;
    int status = deflate(z, block->last ? Z_FINISH : Z_SYNC_FLUSH);
    block->out_len = OUT_SIZE - z->avail_out;
    return status == (block->last ? Z_STREAM_END : Z_OK) && z->avail_in == 0 && z->avail_out > 0;
}

static struct block *take_block(struct gzip_writer *w)
{
    pthread_mutex_lock(&w->mutex);
    while (w->taken == w->submitted && !w->stop) {
        pthread_cond_wait(&w->work, &w->mutex);
    }
    struct block *block = w->stop ? NULL : &w->slots[w->taken++ % w->slot_count];
    pthread_mutex_unlock(&w->mutex);
    return block;
}

static void *worker(void *data)
{
    struct gzip_writer *w = data;
    z_stream z;
    bool ready = deflate_init(&z, w->level);
    struct block *block;
    while ((block = take_block(w)) != NULL) {
        bool good = ready && deflate_block(&z, block);
        pthread_mutex_lock(&w->mutex);
        block->bad = !good;
        block->done = true;
        pthread_cond_signal(&w->done);
        pthread_mutex_unlock(&w->mutex);
    }
    if (ready) {
        deflateEnd(&z);
    }
    return NULL;
}

/* Threads are started once there is more than one block, with all signals left to the others. Fewer
 * threads than wanted, or none, change only the speed. */
static void start_threads(struct gzip_writer *w)
{
    if (w->started) {
        return;
    }
    w->started = true;
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (w->thread_count < w->threads_wanted &&
           pthread_create(&w->threads[w->thread_count], NULL, worker, w) == 0) {
        w->thread_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void stop_threads(struct gzip_writer *w)
{
    pthread_mutex_lock(&w->mutex);
    w->stop = true;
    pthread_cond_broadcast(&w->work);
    pthread_mutex_unlock(&w->mutex);
    for (unsigned i = 0; i < w->thread_count; i++) {
        pthread_join(w->threads[i], NULL);
    }
    w->thread_count = 0;
}

static int write_header(struct gzip_writer *w, struct ocib_error **err)
{
    /* Deflate, no flags, no time, no level, system unknown (RFC 1952, 2.3.1). */
    static const unsigned char header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};
    w->header_written = true;
    return ocib_writer_write(w->next, header, sizeof(header), err);
}

/* Waits for the oldest block and writes it. */
static int write_oldest(struct gzip_writer *w, struct ocib_error **err)
{
    struct block *block = &w->slots[w->written % w->slot_count];
    pthread_mutex_lock(&w->mutex);
    while (!block->done) {
        pthread_cond_wait(&w->done, &w->mutex);
    }
    pthread_mutex_unlock(&w->mutex);
    if (block->bad) {
        return ocib_error_set(err, OCIB_EINTERNAL, "can't compress: zlib failed");
    }
    if (!w->header_written && write_header(w, err) < 0) {
        return -1;
    }
    w->written++;
    w->crc = crc32_combine(w->crc, block->crc, (z_off_t)block->len);
    w->total += (uint32_t)block->len;
    return ocib_writer_write(w->next, block->out, block->out_len, err);
}

static void deflate_here(struct gzip_writer *w, struct block *block)
{
    if (!w->own_ready) {
        w->own_ready = deflate_init(&w->own, w->level);
    }
    block->bad = !w->own_ready || !deflate_block(&w->own, block);
    block->done = true;
    w->taken++;
}

/* Hands over the block that was filled. */
static void submit(struct gzip_writer *w, bool last)
{
    struct block *block = &w->slots[w->submitted % w->slot_count];
    block->last = last;
    if (!last) {
        start_threads(w);
    }
    pthread_mutex_lock(&w->mutex);
    w->submitted++;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->mutex);
    if (w->thread_count == 0) {
        deflate_here(w, block);
    }
}

/* Makes the next slot ready to be filled: it must have been written, and starts with the window of
 * the block before. */
static int begin_block(struct gzip_writer *w, struct ocib_error **err)
{
    if (w->submitted - w->written == w->slot_count && write_oldest(w, err) < 0) {
        return -1;
    }
    struct block *block = &w->slots[w->submitted % w->slot_count];
    if (!block->in) {
        block->in = ocib_alloc(WINDOW + BLOCK_SIZE, 1);
        block->out = ocib_alloc(OUT_SIZE, 1);
    }
    block->len = 0;
    block->done = false;
    block->dictionary_len = 0;
    if (w->submitted) {
        /* A block that has a successor is full, thus longer than the window. */
        const struct block *before = &w->slots[(w->submitted - 1) % w->slot_count];
        memcpy(block->in, before->in + before->dictionary_len + before->len - WINDOW, WINDOW);
        block->dictionary_len = WINDOW;
    }
    return 0;
}

static int gzip_write(struct ocib_writer *writer, const void *bytes, size_t len,
                      struct ocib_error **err)
{
    struct gzip_writer *w = (struct gzip_writer *)writer;
    const unsigned char *at = bytes;
    while (len) {
        struct block *block = &w->slots[w->submitted % w->slot_count];
        if (block->len == BLOCK_SIZE) {
            submit(w, false);
            if (begin_block(w, err) < 0) {
                return -1;
            }
            block = &w->slots[w->submitted % w->slot_count];
        }
        size_t n = BLOCK_SIZE - block->len < len ? BLOCK_SIZE - block->len : len;
        memcpy(block->in + block->dictionary_len + block->len, at, n);
        block->len += n;
        at += n;
        len -= n;
    }
    return 0;
}

static int write_trailer(struct gzip_writer *w, struct ocib_error **err)
{
    unsigned char trailer[8];
    for (unsigned i = 0; i < 4; i++) {
        trailer[i] = (unsigned char)(w->crc >> (8 * i));
        trailer[4 + i] = (unsigned char)(w->total >> (8 * i));
    }
    return ocib_writer_write(w->next, trailer, sizeof(trailer), err);
}

static int gzip_finish(struct ocib_writer *writer, struct ocib_error **err)
{
    struct gzip_writer *w = (struct gzip_writer *)writer;
    submit(w, true);
    while (w->written < w->submitted) {
        if (write_oldest(w, err) < 0) {
            return -1;
        }
    }
    return write_trailer(w, err) < 0 ? -1 : ocib_writer_finish(w->next, err);
}

static void gzip_free(struct ocib_writer *writer)
{
    struct gzip_writer *w = (struct gzip_writer *)writer;
    stop_threads(w);
    for (size_t i = 0; i < w->slot_count; i++) {
        free(w->slots[i].in);
        free(w->slots[i].out);
    }
    if (w->own_ready) {
        deflateEnd(&w->own);
    }
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->done);
    pthread_mutex_destroy(&w->mutex);
    ocib_writer_free(w->next);
    free(w);
}

struct ocib_writer *ocib_gzip_writer_threads(struct ocib_writer *next, int level, unsigned threads)
{
    static const struct ocib_writer_ops ops = {gzip_write, gzip_finish, gzip_free};
    struct gzip_writer *w = ocib_new(struct gzip_writer);
    w->base.ops = &ops;
    w->next = next;
    w->level = level;
    w->threads_wanted = threads < THREADS_MOST ? threads : THREADS_MOST;
    w->slot_count = w->threads_wanted ? 2 * w->threads_wanted : 2;
    w->crc = crc32_z(0, NULL, 0);
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->work, NULL);
    pthread_cond_init(&w->done, NULL);
    (void)!begin_block(w, NULL); /* the first can't fail: nothing is written yet */
    return &w->base;
}

struct ocib_writer *ocib_gzip_writer(struct ocib_writer *next, int level)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return ocib_gzip_writer_threads(next, level, processors > 1 ? (unsigned)processors : 0);
}
