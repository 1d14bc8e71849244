#include "base/mem.h"
#include "tar/format.h"

#include <string.h>
#include <sys/sysmacros.h>

enum { IN_SIZE = 64 * 1024 };

struct ocib_tar_reader {
    struct ocib_reader *next;
    char *in; /* in[at..end) was read of `next` and not yet used */
    size_t at;
    size_t end;
    struct ocib_tar_raw raw;
    struct ocib_buf path; /* cleaned */
    struct ocib_buf linkname;
    struct ocib_buf records;
    size_t count;   /* entries so far, for messages */
    bool began;     /* a header was read: this is a tar */
    int64_t stored; /* bytes of the entry's content left in the archive */
    unsigned padding;
    int64_t position; /* in the file, and its size */
    int64_t size;
    size_t segment; /* of a sparse file: the first that does not end before position */
    bool ended;
    bool failed;
};

struct ocib_tar_reader *ocib_tar_reader_new(struct ocib_reader *next, bool archives,
                                            struct ocib_error **err)
{
    if (archives && !(next = ocib_tar_filter(next, err))) {
        return NULL;
    }
    struct ocib_tar_reader *tar = ocib_new(struct ocib_tar_reader);
    tar->next = next;
    tar->in = ocib_alloc(IN_SIZE, 1);
    ocib_buf_init(&tar->path);
    ocib_buf_init(&tar->linkname);
    ocib_tar_raw_reset(&tar->raw);
    return tar;
}

/* Makes in[at..end) not empty: 1, 0 at the end, -1. */
static int fill(struct ocib_tar_reader *tar, struct ocib_error **err)
{
    if (tar->at < tar->end) {
        return 1;
    }
    ssize_t n = ocib_reader_read(tar->next, tar->in, IN_SIZE, err);
    if (n <= 0) {
        return (int)n;
    }
    tar->at = 0;
    tar->end = (size_t)n;
    return 1;
}

static int truncated(struct ocib_error **err)
{
    return ocib_error_set(err, OCIB_ECORRUPT, "the tar ends too early");
}

/* Some bytes, at least one: -1 at the end, too. */
static ssize_t take_some(struct ocib_tar_reader *tar, char *bytes, size_t len,
                         struct ocib_error **err)
{
    if (tar->at == tar->end && len >= IN_SIZE) {
        ssize_t n = ocib_reader_read(tar->next, bytes, len, err);
        return n == 0 ? truncated(err) : n;
    }
    int more = fill(tar, err);
    if (more <= 0) {
        return more < 0 ? -1 : truncated(err);
    }
    size_t n = tar->end - tar->at < len ? tar->end - tar->at : len;
    if (bytes) {
        memcpy(bytes, tar->in + tar->at, n);
    }
    tar->at += n;
    return (ssize_t)n;
}

static int take(struct ocib_tar_reader *tar, void *bytes, size_t len, struct ocib_error **err)
{
    char *at = bytes;
    while (len) {
        ssize_t n = take_some(tar, at, len, err);
        if (n < 0) {
            return -1;
        }
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

static int pass(struct ocib_tar_reader *tar, int64_t len, struct ocib_error **err)
{
    while (len > 0) {
        size_t want = len < IN_SIZE - 1 ? (size_t)len : IN_SIZE - 1;
        ssize_t n = take_some(tar, NULL, want, err);
        if (n < 0) {
            return -1;
        }
        len -= n;
    }
    return 0;
}

static unsigned padding_of(int64_t size)
{
    return (unsigned)(-(uint64_t)size & (OCIB_TAR_BLOCK - 1));
}

/* The content of an extended header, and its padding. */
static int take_records(struct ocib_tar_reader *tar, int64_t size, struct ocib_error **err)
{
    if (size < 0 || size > OCIB_TAR_PAX_MAX) {
        return ocib_error_set(err, OCIB_ECORRUPT, "an extended header is larger than %d bytes",
                              OCIB_TAR_PAX_MAX);
    }
    ocib_buf_clear(&tar->records);
    if (take(tar, ocib_buf_reserve(&tar->records, (size_t)size), (size_t)size, err) < 0) {
        return -1;
    }
    tar->records.len = (size_t)size;
    tar->records.data[size] = '\0';
    return pass(tar, padding_of(size), err);
}

static int take_long_name(struct ocib_tar_reader *tar, int64_t size, struct ocib_buf *out,
                          struct ocib_error **err)
{
    if (take_records(tar, size, err) < 0) {
        return -1;
    }
    ocib_buf_clear(out);
    ocib_buf_puts(out, tar->records.data); /* up to a NUL */
    return 0;
}

/* A header that tells something of the entry that follows: 1; another: 0. */
static int take_extension(struct ocib_tar_reader *tar, const struct ocib_tar_block *block,
                          struct ocib_error **err)
{
    int64_t size = 0;
    if (!strchr("xgLKV", block->type) || !block->type) {
        return 0;
    }
    if (!ocib_tar_number(block->size, sizeof(block->size), &size) || size < 0) {
        return ocib_error_set(err, OCIB_ECORRUPT, "an extended header's size is not a number");
    }
    switch (block->type) {
    case 'x':
        if (take_records(tar, size, err) < 0 ||
            ocib_tar_pax_parse(ocib_buf_str(&tar->records), &tar->raw, err) < 0) {
            return -1;
        }
        return 1;
    case 'L':
        tar->raw.has_path = true;
        return take_long_name(tar, size, &tar->raw.path, err) < 0 ? -1 : 1;
    case 'K':
        tar->raw.has_linkname = true;
        return take_long_name(tar, size, &tar->raw.linkname, err) < 0 ? -1 : 1;
    default:
        /* Global records hold comments; readers of layers agree to ignore them. 'V' is a label. */
        return pass(tar, size, err) < 0 || pass(tar, padding_of(size), err) < 0 ? -1 : 1;
    }
}

/* Reads `next` to its end. */
static int end_archive(struct ocib_tar_reader *tar, struct ocib_error **err)
{
    int more;
    tar->ended = true;
    while ((more = fill(tar, err)) > 0) {
        tar->at = tar->end;
    }
    return more;
}

static bool is_zero(const struct ocib_tar_block *block)
{
    static const struct ocib_tar_block zero;
    return memcmp(block, &zero, sizeof(zero)) == 0;
}

/* The next header block: 1; 0 at the end, which is two zero blocks, or as other readers have it one
 * or none before the stream ends. */
static int take_block(struct ocib_tar_reader *tar, struct ocib_tar_block *block,
                      struct ocib_error **err)
{
    for (int zero_blocks = 0; zero_blocks < 2; zero_blocks++) {
        int more = fill(tar, err);
        if (more <= 0) {
            return more;
        }
        if (take(tar, block, sizeof(*block), err) < 0) {
            return -1;
        }
        if (!is_zero(block)) {
            if (!ocib_tar_checksum_matches(block)) {
                return ocib_error_set(err, OCIB_ECORRUPT, "a header has a wrong checksum");
            }
            return 1;
        }
    }
    return 0;
}

/* Cleans "./a//b/../c/" to "a/c". */
static int clean(struct ocib_str raw, struct ocib_buf *out, struct ocib_error **err)
{
    struct ocib_str whole = raw;
    struct ocib_str part;
    ocib_buf_clear(out);
    while (ocib_str_cut(&raw, '/', &part)) {
        if (part.len == 0 || ocib_str_is(part, ".")) {
            continue;
        }
        if (ocib_str_is(part, "..")) {
            if (out->len == 0) {
                return ocib_error_set(err, OCIB_ECORRUPT, "path \"%.*s\" leads out of the tree",
                                      (int)(whole.len < 200 ? whole.len : 200), whole.s);
            }
            ptrdiff_t slash = ocib_str_rfind(ocib_buf_str(out), '/');
            out->len = slash < 0 ? 0 : (size_t)slash;
            out->data[out->len] = '\0';
            continue;
        }
        if (out->len) {
            ocib_buf_putc(out, '/');
        }
        ocib_buf_add_str(out, part);
    }
    if (out->len > OCIB_TAR_PATH_MAX) {
        return ocib_error_set(err, OCIB_ECORRUPT, "path \"%.100s…\" is longer than %d bytes",
                              out->data, OCIB_TAR_PATH_MAX);
    }
    return 0;
}

static mode_t type_bits(const struct ocib_tar_raw *raw)
{
    bool slash = raw->path.len && raw->path.data[raw->path.len - 1] == '/';
    switch (raw->type) {
    case '\0':
    case '0':
    case '7':
        return slash ? S_IFDIR : S_IFREG; /* v7 has no type for folders */
    case '1':
    case 'S':
        return S_IFREG;
    case '2':
        return S_IFLNK;
    case '3':
        return S_IFCHR;
    case '4':
        return S_IFBLK;
    case '5':
        return S_IFDIR;
    case '6':
        return S_IFIFO;
    default:
        return 0;
    }
}

/* chown(2) takes the highest id for "unchanged". */
static bool is_id(int64_t id)
{
    return id >= 0 && id < UINT32_MAX;
}

static int check(const struct ocib_tar_raw *raw, struct ocib_error **err)
{
    if (!type_bits(raw)) {
        return ocib_error_set(err, OCIB_ECORRUPT, "an entry is of unknown type 0x%02x",
                              (unsigned char)raw->type);
    }
    if (!is_id(raw->uid) || !is_id(raw->gid)) {
        return ocib_error_set(err, OCIB_ECORRUPT, "owner %lld:%lld is out of range",
                              (long long)raw->uid, (long long)raw->gid);
    }
    bool device = raw->type == '3' || raw->type == '4';
    if (device &&
        (raw->major < 0 || raw->major > 0xfff || raw->minor < 0 || raw->minor > 0xfffff)) {
        return ocib_error_set(err, OCIB_ECORRUPT, "a device number is out of range");
    }
    if (raw->size < 0) {
        return ocib_error_set(err, OCIB_ECORRUPT, "a size is negative");
    }
    return 0;
}

static int take_old_extensions(struct ocib_tar_reader *tar, const struct ocib_tar_block *block,
                               struct ocib_error **err)
{
    char more[OCIB_TAR_BLOCK];
    bool extended = ((const char *)block)[482] != 0;
    while (extended) {
        if (take(tar, more, sizeof(more), err) < 0 ||
            ocib_tar_sparse_old(&tar->raw.sparse, more, 21, err) < 0) {
            return -1;
        }
        extended = more[504] != 0;
    }
    return 0;
}

/* One line of a PAX 1.0 map. */
static int take_map_number(struct ocib_tar_reader *tar, int64_t *consumed, int64_t *out,
                           struct ocib_error **err)
{
    char digits[20];
    size_t len = 0;
    for (;; len++) {
        char c;
        if (take(tar, &c, 1, err) < 0) {
            return -1;
        }
        *consumed += 1;
        if (c == '\n') {
            break;
        }
        if (len == sizeof(digits)) {
            return ocib_error_set(err, OCIB_ECORRUPT, "the map of a sparse file is bad");
        }
        digits[len] = c;
    }
    uint64_t value;
    if (!ocib_str_uint((struct ocib_str){digits, len}, INT64_MAX, &value)) {
        return ocib_error_set(err, OCIB_ECORRUPT, "the map of a sparse file is bad");
    }
    *out = (int64_t)value;
    return 0;
}

/* PAX sparse 1.0: the map is decimal lines before the data, padded to a block. */
static int take_map(struct ocib_tar_reader *tar, struct ocib_error **err)
{
    int64_t consumed = 0;
    int64_t count;
    if (take_map_number(tar, &consumed, &count, err) < 0) {
        return -1;
    }
    if (count > OCIB_TAR_SEGMENTS_MAX) {
        return ocib_error_set(err, OCIB_ECORRUPT, "a sparse file has more than %d pieces",
                              OCIB_TAR_SEGMENTS_MAX);
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t offset;
        int64_t len;
        if (take_map_number(tar, &consumed, &offset, err) < 0 ||
            take_map_number(tar, &consumed, &len, err) < 0 ||
            ocib_tar_sparse_add(&tar->raw.sparse, offset, len, err) < 0) {
            return -1;
        }
    }
    unsigned padding = padding_of(consumed);
    tar->stored -= consumed + padding;
    if (tar->stored < 0) {
        return ocib_error_set(err, OCIB_ECORRUPT, "the map of a sparse file is bad");
    }
    return pass(tar, padding, err);
}

static int begin_content(struct ocib_tar_reader *tar, const struct ocib_tar_block *block,
                         struct ocib_error **err)
{
    struct ocib_tar_sparse *sparse = &tar->raw.sparse;
    bool regular = S_ISREG(type_bits(&tar->raw)) && tar->raw.type != '1';
    tar->stored = regular ? tar->raw.size : 0; /* the other types have no content */
    tar->padding = padding_of(tar->stored);
    tar->position = 0;
    tar->segment = 0;
    sparse->used = sparse->used && regular;
    if (!sparse->used) {
        tar->size = tar->stored;
        return 0;
    }
    if (tar->raw.type == 'S' && take_old_extensions(tar, block, err) < 0) {
        return -1;
    }
    if (tar->raw.type != 'S' && sparse->major == 1 && take_map(tar, err) < 0) {
        return -1;
    }
    tar->size = sparse->size;
    return ocib_tar_sparse_check(sparse, tar->stored, err);
}

static int finish_entry(struct ocib_tar_reader *tar, struct ocib_tar_entry *entry,
                        struct ocib_error **err)
{
    struct ocib_tar_raw *raw = &tar->raw;
    *entry = (struct ocib_tar_entry){
        .path = tar->path.data,
        .linkname = raw->type == '1' || raw->type == '2' ? tar->linkname.data : NULL,
        .is_hardlink = raw->type == '1',
        .mode = type_bits(raw) | (mode_t)(raw->mode & 07777),
        .uid = (uid_t)raw->uid,
        .gid = (gid_t)raw->gid,
        .size = tar->size,
        .mtime = raw->mtime,
        .mtime_nsec = raw->mtime_nsec,
        .rdev = makedev((unsigned)raw->major, (unsigned)raw->minor),
        .xattrs = &raw->xattrs,
    };
    if (raw->type == '2') {
        ocib_buf_clear(&tar->linkname);
        ocib_buf_add_str(&tar->linkname, ocib_buf_str(&raw->linkname));
        entry->linkname = tar->linkname.data;
        return tar->linkname.len <= OCIB_TAR_PATH_MAX
                   ? 1
                   : ocib_error_set(err, OCIB_ECORRUPT, "a symbolic link is too long");
    }
    if (raw->type == '1' && clean(ocib_buf_str(&raw->linkname), &tar->linkname, err) < 0) {
        return -1;
    }
    entry->linkname = raw->type == '1' ? tar->linkname.data : NULL;
    return 1;
}

static int next_entry(struct ocib_tar_reader *tar, struct ocib_tar_entry *entry,
                      struct ocib_error **err)
{
    struct ocib_tar_block block;
    int64_t rest = tar->stored + tar->padding;
    tar->stored = tar->size = tar->position = 0;
    tar->padding = 0;
    if (pass(tar, rest, err) < 0) {
        return -1;
    }
    ocib_tar_raw_reset(&tar->raw);
    int extension;
    do {
        int more = take_block(tar, &block, err);
        if (more <= 0) {
            return more < 0 ? -1 : end_archive(tar, err);
        }
        extension = take_extension(tar, &block, err);
    } while (extension > 0);
    tar->count++;
    if (extension < 0 || ocib_tar_header_parse(&block, &tar->raw, err) < 0) {
        return -1;
    }
    tar->began = true;
    if (clean(ocib_buf_str(&tar->raw.path), &tar->path, err) < 0 || check(&tar->raw, err) < 0 ||
        begin_content(tar, &block, err) < 0) {
        return -1;
    }
    return finish_entry(tar, entry, err);
}

int ocib_tar_reader_next(struct ocib_tar_reader *tar, struct ocib_tar_entry *entry,
                         struct ocib_error **err)
{
    if (tar->failed) {
        return ocib_error_set(err, OCIB_EINTERNAL, "reading a tar goes on after a failure");
    }
    if (tar->ended) {
        return 0;
    }
    int more = next_entry(tar, entry, err);
    if (more < 0) {
        tar->failed = true;
        return ocib_error_wrap(err, "bad tar (entry %zu)", tar->count);
    }
    return more;
}

bool ocib_tar_reader_began(const struct ocib_tar_reader *tar)
{
    return tar->began;
}

int64_t ocib_tar_reader_hole(struct ocib_tar_reader *tar)
{
    const struct ocib_tar_sparse *sparse = &tar->raw.sparse;
    if (!sparse->used || tar->failed) {
        return 0;
    }
    while (tar->segment < sparse->map.len) {
        const struct ocib_tar_segment *s = &sparse->map.items[tar->segment];
        if (tar->position < s->offset + s->len) {
            break;
        }
        tar->segment++;
    }
    int64_t until =
        tar->segment < sparse->map.len ? sparse->map.items[tar->segment].offset : tar->size;
    int64_t hole = until > tar->position ? until - tar->position : 0;
    tar->position += hole;
    return hole;
}

/* Zeros up to the next stored piece; 0: there is one here, or the end. */
static size_t read_hole(struct ocib_tar_reader *tar, void *bytes, size_t len)
{
    int64_t hole = ocib_tar_reader_hole(tar);
    size_t n = hole < (int64_t)len ? (size_t)hole : len;
    tar->position -= hole - (int64_t)n;
    memset(bytes, 0, n);
    return n;
}

ssize_t ocib_tar_reader_data(struct ocib_tar_reader *tar, void *bytes, size_t len,
                             struct ocib_error **err)
{
    if (tar->failed) {
        return ocib_error_set(err, OCIB_EINTERNAL, "reading a tar goes on after a failure");
    }
    size_t zeros = read_hole(tar, bytes, len);
    int64_t left = tar->size - tar->position;
    if (zeros || left <= 0 || len == 0) {
        return (ssize_t)zeros;
    }
    if (tar->raw.sparse.used) {
        const struct ocib_tar_segment *s = &tar->raw.sparse.map.items[tar->segment];
        left = s->offset + s->len - tar->position;
    }
    ssize_t n = take_some(tar, bytes, (int64_t)len < left ? len : (size_t)left, err);
    if (n < 0) {
        tar->failed = true;
        return ocib_error_wrap(err, "bad tar (content of %s)", tar->path.data);
    }
    tar->position += n;
    tar->stored -= n;
    return n;
}

void ocib_tar_reader_free(struct ocib_tar_reader *tar)
{
    if (tar) {
        ocib_tar_raw_release(&tar->raw);
        ocib_buf_release(&tar->path);
        ocib_buf_release(&tar->linkname);
        ocib_buf_release(&tar->records);
        ocib_reader_free(tar->next);
        free(tar->in);
        free(tar);
    }
}
