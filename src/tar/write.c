#include "base/mem.h"
#include "tar/format.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

struct ocib_tar_writer {
    struct ocib_writer *next;
    struct ocib_buf pax;
    int64_t left;     /* bytes of the entry's content that are still to come */
    unsigned padding; /* zeros after the content, to the end of its block */
};

static const char zeros[16 * 1024];

struct ocib_tar_writer *ocib_tar_writer_new(struct ocib_writer *next, struct ocib_error **err)
{
    struct ocib_tar_writer *tar = ocib_new(struct ocib_tar_writer);
    tar->next = next;
    ocib_buf_init(&tar->pax);
    return tar;
}

/* "length key=value\n", the length counting its own digits. */
static void add_record(struct ocib_buf *pax, const char *prefix, const char *key,
                       struct ocib_str value)
{
    size_t rest = strlen(prefix) + strlen(key) + value.len + 3;
    size_t len = rest + 1;
    for (size_t digits = 1; digits < 20; digits++) {
        len = rest + digits;
        if (snprintf(NULL, 0, "%zu", len) == (int)digits) {
            break;
        }
    }
    ocib_buf_printf(pax, "%zu %s%s=", len, prefix, key);
    ocib_buf_add_str(pax, value);
    ocib_buf_putc(pax, '\n');
}

static void add_number(struct ocib_buf *pax, const char *key, int64_t value)
{
    char text[32];
    snprintf(text, sizeof(text), "%lld", (long long)value);
    add_record(pax, "", key, ocib_str(text));
}

/* Octal digits and a NUL that fill the field; 0 and false if the number does not fit. */
static bool put_octal(char *field, size_t len, int64_t value)
{
    bool fits = value >= 0 && value >> (3 * (len - 1)) == 0;
    char text[32];
    snprintf(text, sizeof(text), "%0*llo", (int)len - 1, (unsigned long long)(fits ? value : 0));
    memcpy(field, text, len);
    return fits;
}

/* Into name, or prefix and name at a slash. False: too long. Not NUL-ended if exactly full. */
static bool put_path(struct ocib_tar_block *block, struct ocib_str path)
{
    if (path.len <= sizeof(block->name)) {
        memcpy(block->name, path.s, path.len);
        return true;
    }
    size_t from = path.len - sizeof(block->name) - 1;
    while (from < path.len && path.s[from] != '/') {
        from++;
    }
    if (from == 0 || from > sizeof(block->prefix) || from + 1 >= path.len) {
        return false;
    }
    memcpy(block->prefix, path.s, from);
    memcpy(block->name, path.s + from + 1, path.len - from - 1);
    return true;
}

static void put_common(struct ocib_tar_block *block, char type)
{
    block->type = type;
    memcpy(block->magic, "ustar", 6);
    memcpy(block->version, "00", 2);
    put_octal(block->devmajor, sizeof(block->devmajor), 0);
    put_octal(block->devminor, sizeof(block->devminor), 0);
}

static int write_block(struct ocib_tar_writer *tar, struct ocib_tar_block *block,
                       struct ocib_error **err)
{
    char text[16];
    snprintf(text, sizeof(text), "%06o", ocib_tar_checksum(block));
    memcpy(block->checksum, text, 7);
    block->checksum[7] = ' ';
    return ocib_writer_write(tar->next, block, sizeof(*block), err);
}

static unsigned padding_of(int64_t size)
{
    return (unsigned)(-(uint64_t)size & (OCIB_TAR_BLOCK - 1));
}

/* The extended header's own name is of no use to readers of PAX; it is the same everywhere. */
static int write_pax(struct ocib_tar_writer *tar, struct ocib_error **err)
{
    struct ocib_tar_block block = {.name = "PaxHeaders/entry"};
    put_common(&block, 'x');
    put_octal(block.mode, sizeof(block.mode), 0644);
    put_octal(block.uid, sizeof(block.uid), 0);
    put_octal(block.gid, sizeof(block.gid), 0);
    put_octal(block.mtime, sizeof(block.mtime), 0);
    if (!put_octal(block.size, sizeof(block.size), (int64_t)tar->pax.len)) {
        return ocib_error_set(err, OCIB_EINTERNAL, "extended attributes are too large for a tar");
    }
    if (write_block(tar, &block, err) < 0 ||
        ocib_writer_write(tar->next, tar->pax.data, tar->pax.len, err) < 0) {
        return -1;
    }
    return ocib_writer_write(tar->next, zeros, padding_of((int64_t)tar->pax.len), err);
}

static char type_of(const struct ocib_tar_entry *entry)
{
    if (entry->is_hardlink) {
        return '1';
    }
    switch (entry->mode & S_IFMT) {
    case S_IFREG:
        return '0';
    case S_IFLNK:
        return '2';
    case S_IFCHR:
        return '3';
    case S_IFBLK:
        return '4';
    case S_IFDIR:
        return '5';
    case S_IFIFO:
        return '6';
    default:
        return '\0';
    }
}

/* The time: whole seconds in the header where they fit, else PAX. Fractions before the epoch are
 * dropped: readers disagree on how they are written. */
static void put_time(struct ocib_tar_writer *tar, const struct ocib_tar_entry *entry,
                     struct ocib_tar_block *block)
{
    bool fits = put_octal(block->mtime, sizeof(block->mtime), entry->mtime);
    if (entry->mtime < 0 || entry->mtime_nsec == 0) {
        if (!fits) {
            add_number(&tar->pax, "mtime", entry->mtime);
        }
        return;
    }
    char text[64];
    int len =
        snprintf(text, sizeof(text), "%lld.%09ld", (long long)entry->mtime, entry->mtime_nsec);
    while (text[len - 1] == '0') {
        len--;
    }
    add_record(&tar->pax, "", "mtime", (struct ocib_str){text, (size_t)len});
}

static void put_names(struct ocib_tar_writer *tar, const struct ocib_tar_entry *entry,
                      struct ocib_tar_block *block)
{
    OCIB_AUTO_BUF struct ocib_buf path = {0};
    ocib_buf_puts(&path, *entry->path ? entry->path : ".");
    if (block->type == '5') {
        ocib_buf_putc(&path, '/');
    }
    if (!put_path(block, ocib_buf_str(&path))) {
        memcpy(block->name, path.data, sizeof(block->name) - 1);
        add_record(&tar->pax, "", "path", ocib_buf_str(&path));
    }
    if (block->type == '1' || block->type == '2') {
        struct ocib_str link = ocib_str(entry->linkname);
        bool fits = link.len <= sizeof(block->linkname);
        memcpy(block->linkname, link.s, fits ? link.len : sizeof(block->linkname) - 1);
        if (!fits) {
            add_record(&tar->pax, "", "linkpath", link);
        }
    }
}

static void put_numbers(struct ocib_tar_writer *tar, const struct ocib_tar_entry *entry,
                        struct ocib_tar_block *block)
{
    put_octal(block->mode, sizeof(block->mode), entry->mode & 07777);
    if (!put_octal(block->size, sizeof(block->size), tar->left)) {
        add_number(&tar->pax, "size", tar->left);
    }
    if (!put_octal(block->uid, sizeof(block->uid), entry->uid)) {
        add_number(&tar->pax, "uid", entry->uid);
    }
    if (!put_octal(block->gid, sizeof(block->gid), entry->gid)) {
        add_number(&tar->pax, "gid", entry->gid);
    }
    put_time(tar, entry, block);
    if (block->type == '3' || block->type == '4') {
        put_octal(block->devmajor, sizeof(block->devmajor), major(entry->rdev));
        put_octal(block->devminor, sizeof(block->devminor), minor(entry->rdev));
    }
}

static int put_xattrs(struct ocib_tar_writer *tar, const struct ocib_tar_entry *entry,
                      struct ocib_error **err)
{
    for (size_t i = 0; entry->xattrs && i < entry->xattrs->len; i++) {
        const struct ocib_xattr *xattr = &entry->xattrs->items[i];
        if (strchr(xattr->name, '=')) {
            return ocib_error_set(
                err, OCIB_EINTERNAL,
                "extended attribute %s of %s can't be written: it has \"=\" in it", xattr->name,
                entry->path);
        }
        add_record(&tar->pax, "SCHILY.xattr.", xattr->name, ocib_buf_str(&xattr->value));
    }
    return 0;
}

static int end_entry(struct ocib_tar_writer *tar, struct ocib_error **err)
{
    if (tar->left) {
        return ocib_error_set(err, OCIB_EINTERNAL, "a tar entry lacks %lld bytes of its content",
                              (long long)tar->left);
    }
    unsigned padding = tar->padding;
    tar->padding = 0;
    return ocib_writer_write(tar->next, zeros, padding, err);
}

int ocib_tar_writer_entry(struct ocib_tar_writer *tar, const struct ocib_tar_entry *entry,
                          struct ocib_error **err)
{
    struct ocib_tar_block block = {0};
    char type = type_of(entry);
    if (end_entry(tar, err) < 0) {
        return -1;
    }
    if (!type || entry->size < 0) {
        return ocib_error_set(err, OCIB_EINTERNAL, "a tar can't hold %s: its kind or size is wrong",
                              entry->path);
    }
    tar->left = type == '0' ? entry->size : 0;
    tar->padding = padding_of(tar->left);
    ocib_buf_clear(&tar->pax);
    put_common(&block, type);
    put_names(tar, entry, &block);
    put_numbers(tar, entry, &block);
    if (put_xattrs(tar, entry, err) < 0 || (tar->pax.len && write_pax(tar, err) < 0)) {
        return -1;
    }
    return write_block(tar, &block, err);
}

int ocib_tar_writer_data(struct ocib_tar_writer *tar, const void *bytes, size_t len,
                         struct ocib_error **err)
{
    if (len > (uint64_t)tar->left) {
        return ocib_error_set(err, OCIB_EINTERNAL, "a tar entry gets more bytes than its size");
    }
    tar->left -= (int64_t)len;
    return ocib_writer_write(tar->next, bytes, len, err);
}

int ocib_tar_writer_zeros(struct ocib_tar_writer *tar, int64_t len, struct ocib_error **err)
{
    while (len > 0) {
        size_t n = len < (int64_t)sizeof(zeros) ? (size_t)len : sizeof(zeros);
        if (ocib_tar_writer_data(tar, zeros, n, err) < 0) {
            return -1;
        }
        len -= (int64_t)n;
    }
    return 0;
}

int ocib_tar_writer_finish(struct ocib_tar_writer *tar, struct ocib_error **err)
{
    if (end_entry(tar, err) < 0 ||
        ocib_writer_write(tar->next, zeros, 2 * OCIB_TAR_BLOCK, err) < 0) {
        return -1;
    }
    return ocib_writer_finish(tar->next, err);
}

void ocib_tar_writer_free(struct ocib_tar_writer *tar)
{
    if (tar) {
        ocib_buf_release(&tar->pax);
        ocib_writer_free(tar->next);
        free(tar);
    }
}
