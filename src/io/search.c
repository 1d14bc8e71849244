#include "io/search.h"

#include "base/mem.h"

#include <string.h>

struct search_writer {
    struct ocib_writer base;
    struct ocib_writer *next;
    struct ocib_search search;
    size_t keep; /* one less than the longest needle */
    char *seam;  /* the last bytes that passed, at most `keep`; while searching twice as many */
    size_t seam_len;
};

static const struct ocib_needle *find_in(const struct search_writer *w, const char *bytes,
                                         size_t len)
{
    for (size_t i = 0; i < w->search.needles->len; i++) {
        const struct ocib_needle *needle = &w->search.needles->items[i];
        if (memmem(bytes, len, needle->bytes.s, needle->bytes.len)) {
            return needle;
        }
    }
    return NULL;
}

/* Keeps the last `keep` bytes of the seam and what came after it. */
static void move_seam(struct search_writer *w, const char *bytes, size_t len)
{
    if (len >= w->keep) {
        memcpy(w->seam, bytes + len - w->keep, w->keep);
        w->seam_len = w->keep;
    } else if (w->seam_len > w->keep) {
        memmove(w->seam, w->seam + w->seam_len - w->keep, w->keep);
        w->seam_len = w->keep;
    }
}

/* What crosses the border of two pieces is looked for in the seam, the rest in the piece itself. */
static const struct ocib_needle *find(struct search_writer *w, const char *bytes, size_t len)
{
    const struct ocib_needle *needle = find_in(w, bytes, len);
    size_t head = len < w->keep ? len : w->keep;
    memcpy(w->seam + w->seam_len, bytes, head);
    w->seam_len += head;
    needle = needle ? needle : find_in(w, w->seam, w->seam_len);
    move_seam(w, bytes, len);
    return needle;
}

static int search_write(struct ocib_writer *writer, const void *bytes, size_t len,
                        struct ocib_error **err)
{
    struct search_writer *w = (struct search_writer *)writer;
    const struct ocib_needle *needle = len ? find(w, bytes, len) : NULL;
    if (needle && w->search.found(w->search.data, needle, err) < 0) {
        return -1;
    }
    return ocib_writer_write(w->next, bytes, len, err);
}

static int search_finish(struct ocib_writer *writer, struct ocib_error **err)
{
    return ocib_writer_finish(((struct search_writer *)writer)->next, err);
}

static void search_free(struct ocib_writer *writer)
{
    struct search_writer *w = (struct search_writer *)writer;
    ocib_writer_free(w->next);
    explicit_bzero(w->seam, 2 * w->keep);
    free(w->seam);
    free(w);
}

struct ocib_writer *ocib_writer_search(struct ocib_writer *next, const struct ocib_search *search)
{
    static const struct ocib_writer_ops ops = {search_write, search_finish, search_free};
    struct search_writer *w = ocib_new(struct search_writer);
    w->base.ops = &ops;
    w->next = next;
    w->search = *search;
    for (size_t i = 0; i < search->needles->len; i++) {
        size_t before = search->needles->items[i].bytes.len - 1;
        w->keep = before > w->keep ? before : w->keep;
    }
    w->seam = ocib_alloc(2 * w->keep + 1, 1);
    return &w->base;
}
