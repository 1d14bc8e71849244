/*
 * What the tests of COPY share: trees made from descriptions and listed again, and a process that
 * may give files away. Descriptions are lines as in testdata/copy/docker.txt.
 */
#ifndef OCIB_TESTS_COPY_TEST_H
#define OCIB_TESTS_COPY_TEST_H

#include "base/buf.h"
#include "base/vec.h"
#include "build/copy.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/path.h"
#include "sys/xattr.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A new folder below the temporary one; removed with all in it. */
struct copy_test_dir {
    char path[64];
    int fd;
};

#define OLD       1000000000
#define OLD_ROOT  900000000
#define TEST_FILE TESTDATA "/copy/"

static inline bool write_text(const char *path, const char *text)
{
    OCIB_AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && ocib_fd_write_all(fd, text, strlen(text)) == 0;
}

/* Becomes root in a user namespace of its own unless it is root. False: this can't be, so the tests
 * have to be skipped. *all_owners: other owners than root can be given. */
static inline bool copy_test_become_root(bool *all_owners)
{
    *all_owners = geteuid() == 0;
    if (geteuid() == 0) {
        umask(022);
        return true;
    }
    OCIB_AUTO_FREE char *uids = ocib_format("0 %u 1", geteuid());
    OCIB_AUTO_FREE char *gids = ocib_format("0 %u 1", getegid());
    umask(022);
    return unshare(CLONE_NEWUSER) == 0 && write_text("/proc/self/setgroups", "deny") &&
           write_text("/proc/self/uid_map", uids) && write_text("/proc/self/gid_map", gids);
}

static inline void copy_test_dir_make(struct copy_test_dir *dir)
{
    const char *base = getenv("TMPDIR");
    snprintf(dir->path, sizeof(dir->path), "%s/ocib-copy-XXXXXX",
             base && *base && strlen(base) < 40 ? base : "/tmp");
    assert_non_null(mkdtemp(dir->path));
    assert_int_equal(chmod(dir->path, 0755), 0);
    dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir->fd >= 0);
}

static inline void copy_test_dir_remove(struct copy_test_dir *dir)
{
    ocib_fd_cleanup(&dir->fd);
    if (ocib_remove_tree(AT_FDCWD, dir->path, NULL) < 0) {
        print_error("%s stays\n", dir->path);
    }
}

/* %XX */
static inline char *copy_test_decode(struct ocib_str text)
{
    struct ocib_buf out;
    ocib_buf_init(&out);
    for (size_t i = 0; i < text.len; i++) {
        unsigned byte = (unsigned char)text.s[i];
        if (byte == '%') {
            assert_int_equal(sscanf(text.s + i + 1, "%2x", &byte), 1);
            i += 2;
        }
        ocib_buf_putc(&out, (char)byte);
    }
    return ocib_buf_take(&out);
}

static inline char *encode(struct ocib_str text)
{
    struct ocib_buf out;
    ocib_buf_init(&out);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.s[i];
        if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
            (c && strchr("/!#$()*+,-.:;?@[]^_{|}~'", c))) {
            ocib_buf_putc(&out, (char)c);
        } else {
            ocib_buf_printf(&out, "%%%02X", c);
        }
    }
    return ocib_buf_take(&out);
}

/* --- making ----------------------------------------------------------------------------------- */

static inline void make_parents(const struct copy_test_dir *dir, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash) {
        OCIB_AUTO_FREE char *parent = ocib_strndup(path, (size_t)(slash - path));
        struct ocib_mkdirs how = {.mode = 0755, .uid = geteuid(), .gid = getegid()};
        assert_int_equal(ocib_mkdirs_in_root(dir->fd, parent, &how), 0);
    }
}

static inline void make_socket(const struct copy_test_dir *dir, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", dir->path, path);
    OCIB_AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static inline void write_file(const struct copy_test_dir *dir, const char *path,
                              struct ocib_str data)
{
    OCIB_AUTO_FD int fd = openat(dir->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(ocib_fd_write_all(fd, data.s, data.len), 0);
}

static inline void make_file(const struct copy_test_dir *dir, const char *path,
                             struct ocib_str data)
{
    if (!ocib_str_starts(data, "@")) {
        OCIB_AUTO_FREE char *text = copy_test_decode(data);
        write_file(dir, path, ocib_str(text));
        return;
    }
    OCIB_AUTO_BUF struct ocib_buf bytes = {0};
    OCIB_AUTO_FREE char *file = ocib_format(TEST_FILE "%.*s", (int)data.len - 1, data.s + 1);
    assert_int_equal(ocib_file_read(AT_FDCWD, file, 1 << 20, &bytes, OCIB_EINPUT, NULL), 0);
    write_file(dir, path, ocib_buf_str(&bytes));
}

static inline void make_node(const struct copy_test_dir *dir, char type, const char *path,
                             const char *to, struct ocib_str data)
{
    switch (type) {
    case 'd': {
        struct ocib_mkdirs how = {.mode = 0755, .uid = geteuid(), .gid = getegid()};
        assert_int_equal(ocib_mkdirs_in_root(dir->fd, path, &how), 0);
        break;
    }
    case 'f':
        make_file(dir, path, data.s ? data : ocib_str(path));
        break;
    case 'l':
        assert_int_equal(symlinkat(to, dir->fd, path), 0);
        break;
    case 'h':
        assert_int_equal(linkat(dir->fd, to, dir->fd, path, 0), 0);
        break;
    case 'p':
        assert_int_equal(mkfifoat(dir->fd, path, 0644), 0);
        break;
    case 'c':
        assert_int_equal(mknodat(dir->fd, path, S_IFCHR | 0644, makedev(1, 3)), 0);
        break;
    default:
        assert_int_equal(type, 's');
        make_socket(dir, path);
    }
}

static inline void set_xattr(const struct copy_test_dir *dir, const char *path,
                             struct ocib_str value)
{
    struct ocib_str name;
    assert_true(ocib_str_cut(&value, ':', &name));
    OCIB_AUTO_FREE char *attribute = ocib_str_dup(name);
    OCIB_AUTO_BUF struct ocib_buf bytes = {0};
    for (size_t i = 0; i + 1 < value.len; i += 2) {
        unsigned byte;
        assert_int_equal(sscanf(value.s + i, "%2x", &byte), 1);
        ocib_buf_putc(&bytes, (char)byte);
    }
    assert_int_equal(ocib_xattr_set(dir->fd, path, attribute, ocib_buf_str(&bytes)), 0);
}

static inline void set_time(const struct copy_test_dir *dir, const char *path, int64_t seconds)
{
    struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    assert_int_equal(utimensat(dir->fd, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static inline void apply(const struct copy_test_dir *dir, const char *path, struct ocib_str key,
                         struct ocib_str value)
{
    OCIB_AUTO_FREE char *text = ocib_str_dup(value);
    unsigned uid;
    unsigned gid;
    if (ocib_str_is(key, "mode")) {
        assert_int_equal(fchmodat(dir->fd, path, (mode_t)strtoul(text, NULL, 8), 0), 0);
    } else if (ocib_str_is(key, "owner")) {
        assert_int_equal(sscanf(text, "%u:%u", &uid, &gid), 2);
        int owned = fchownat(dir->fd, path, uid, gid, AT_SYMLINK_NOFOLLOW);
        assert_true(owned == 0 || errno == EINVAL);
    } else if (ocib_str_is(key, "xattr")) {
        set_xattr(dir, path, value);
    } else if (ocib_str_is(key, "time")) {
        set_time(dir, path, strtoll(text, NULL, 10));
    }
}

/* Owners come before modes, and both after what is made: chown takes set-id bits away. */
static inline void apply_all(const struct copy_test_dir *dir, const char *path,
                             struct ocib_str rest, const char *only)
{
    struct ocib_str word;
    while (ocib_str_cut(&rest, ' ', &word)) {
        struct ocib_str key;
        if (ocib_str_cut(&word, '=', &key) && ocib_str_is(key, only)) {
            apply(dir, path, key, word);
        }
    }
}

/* Makes what a line says: "f path mode=644 owner=1:2 time=1 to=text data=text xattr=name:hex".
 * Owners that can't be given are ignored. */
static inline void copy_test_make(const struct copy_test_dir *dir, const char *line)
{
    struct ocib_str rest = ocib_str(line);
    struct ocib_str type = {0};
    struct ocib_str name = {0};
    assert_true(ocib_str_cut(&rest, ' ', &type) && ocib_str_cut(&rest, ' ', &name));
    OCIB_AUTO_FREE char *path = copy_test_decode(name);
    OCIB_AUTO_FREE char *to = NULL;
    struct ocib_str data = {0};
    struct ocib_str words = rest;
    struct ocib_str word;
    while (ocib_str_cut(&words, ' ', &word)) {
        struct ocib_str key;
        ocib_str_cut(&word, '=', &key);
        if (ocib_str_is(key, "to")) {
            to = copy_test_decode(word);
        } else if (ocib_str_is(key, "data")) {
            data = word.len ? word : OCIB_STR("");
        }
    }
    make_parents(dir, path);
    make_node(dir, type.s[0], path, to, data);
    apply_all(dir, path, rest, "owner");
    apply_all(dir, path, rest, "mode");
    apply_all(dir, path, rest, "xattr");
    apply_all(dir, path, rest, "time");
}

static inline void settle_all(int fd, const char *path)
{
    OCIB_AUTO_STRINGS struct ocib_strings names = {0};
    DIR *dir = fdopendir(ocib_open_in_root(fd, path, O_RDONLY | O_DIRECTORY, 0));
    assert_non_null(dir);
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            ocib_strings_take(&names, *path ? ocib_path_join(path, entry->d_name)
                                            : ocib_strdup(entry->d_name));
        }
    }
    closedir(dir);
    struct timespec times[2] = {{.tv_sec = OLD}, {.tv_sec = OLD}};
    for (size_t i = 0; i < names.len; i++) {
        struct stat st;
        assert_int_equal(fstatat(fd, names.items[i], &st, AT_SYMLINK_NOFOLLOW), 0);
        if (S_ISDIR(st.st_mode)) {
            settle_all(fd, names.items[i]);
        }
        assert_int_equal(utimensat(fd, names.items[i], times, AT_SYMLINK_NOFOLLOW), 0);
    }
}

/* Sets all times of a tree, but for those that its lines give. */
static inline void copy_test_settle(const struct copy_test_dir *dir,
                                    const struct ocib_strings *lines)
{
    settle_all(dir->fd, "");
    for (size_t i = 0; lines && i < lines->len; i++) {
        struct ocib_str rest = ocib_str(lines->items[i]);
        struct ocib_str word;
        ocib_str_cut(&rest, ' ', &word);
        ocib_str_cut(&rest, ' ', &word);
        OCIB_AUTO_FREE char *path = copy_test_decode(word);
        apply_all(dir, path, rest, "time");
    }
    set_time(dir, ".", OLD_ROOT);
}

/* --- listing ---------------------------------------------------------------------------------- */

struct listing {
    int fd;
    struct ocib_strings paths;
    struct ocib_strings inodes; /* "dev:ino path" of files with several links */
};

static inline void find_all(struct listing *listing, const char *path)
{
    DIR *dir = fdopendir(ocib_open_in_root(listing->fd, path, O_RDONLY | O_DIRECTORY, 0));
    assert_non_null(dir);
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        OCIB_AUTO_FREE char *below =
            *path ? ocib_path_join(path, entry->d_name) : ocib_strdup(entry->d_name);
        ocib_strings_push(&listing->paths, below);
        struct stat st;
        assert_int_equal(fstatat(listing->fd, below, &st, AT_SYMLINK_NOFOLLOW), 0);
        if (S_ISDIR(st.st_mode)) {
            find_all(listing, below);
        }
    }
    closedir(dir);
}

/* The first name of a file that has several, or NULL. */
static inline const char *first_name(struct listing *listing, const struct stat *st,
                                     const char *path)
{
    OCIB_AUTO_FREE char *key =
        ocib_format("%ju:%ju ", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
    for (size_t i = 0; i < listing->inodes.len; i++) {
        if (ocib_str_starts(ocib_str(listing->inodes.items[i]), key)) {
            return listing->inodes.items[i] + strlen(key);
        }
    }
    ocib_strings_take(&listing->inodes, ocib_format("%s%s", key, path));
    return NULL;
}

static inline void add_encoded(struct ocib_buf *line, const char *key, struct ocib_str text)
{
    OCIB_AUTO_FREE char *encoded = encode(text);
    ocib_buf_printf(line, " %s=%s", key, encoded);
}

static inline void add_content(int fd, const char *path, struct ocib_buf *line)
{
    OCIB_AUTO_BUF struct ocib_buf bytes = {0};
    assert_int_equal(ocib_file_read(fd, path, 1 << 20, &bytes, OCIB_EINPUT, NULL), 0);
    add_encoded(line, "data", ocib_buf_str(&bytes));
}

static inline void add_xattrs(int fd, const char *path, struct ocib_buf *line)
{
    struct ocib_xattrs xattrs = {0};
    assert_int_equal(ocib_xattrs_read(fd, path, NULL, &xattrs), 0);
    for (size_t i = 0; i < xattrs.len; i++) {
        ocib_buf_printf(line, " xattr=%s:", xattrs.items[i].name);
        for (size_t k = 0; k < xattrs.items[i].value.len; k++) {
            ocib_buf_printf(line, "%02x", (unsigned char)xattrs.items[i].value.data[k]);
        }
    }
    ocib_xattrs_release(&xattrs);
}

static inline char type_letter(mode_t mode)
{
    return S_ISREG(mode)    ? 'f'
           : S_ISDIR(mode)  ? 'd'
           : S_ISLNK(mode)  ? 'l'
           : S_ISFIFO(mode) ? 'p'
           : S_ISCHR(mode)  ? 'c'
                            : '?';
}

static inline void list_one(struct listing *listing, const char *path, struct ocib_strings *out)
{
    struct stat st;
    assert_int_equal(fstatat(listing->fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
    bool several = S_ISREG(st.st_mode) && st.st_nlink > 1;
    const char *first = several ? first_name(listing, &st, path) : NULL;
    OCIB_AUTO_FREE char *name = encode(ocib_str(path));
    OCIB_AUTO_BUF struct ocib_buf line = {0};
    ocib_buf_printf(&line, "%c %s", first ? 'h' : type_letter(st.st_mode), name);
    if (first) {
        add_encoded(&line, "to", ocib_str(first));
        ocib_strings_push(out, line.data);
        return;
    }
    ocib_buf_printf(&line, " mode=%o owner=%u:%u", st.st_mode & 07777, st.st_uid, st.st_gid);
    if (st.st_mtime > 1700000000) {
        ocib_buf_puts(&line, " time=now");
    } else {
        ocib_buf_printf(&line, " time=%jd", (intmax_t)st.st_mtime);
    }
    if (S_ISLNK(st.st_mode)) {
        OCIB_AUTO_FREE char *to = ocib_readlink_at(listing->fd, path);
        add_encoded(&line, "to", ocib_str(to));
    }
    if (S_ISREG(st.st_mode)) {
        add_content(listing->fd, path, &line);
    }
    add_xattrs(listing->fd, path, &line);
    ocib_strings_push(out, line.data);
}

/* The tree as such lines, sorted by path. */
static inline void copy_test_list(const struct copy_test_dir *dir, struct ocib_strings *out)
{
    struct listing listing = {.fd = dir->fd};
    find_all(&listing, "");
    ocib_strings_sort(&listing.paths);
    for (size_t i = 0; i < listing.paths.len; i++) {
        list_one(&listing, listing.paths.items[i], out);
    }
    ocib_strings_release(&listing.paths);
    ocib_strings_release(&listing.inodes);
}

static inline void copy_test_op_release(struct ocib_copy_op *op)
{
    ocib_strings_release(&op->sources);
    for (size_t i = 0; i < op->files.len; i++) {
        free(op->files.items[i].name);
        free((void *)(uintptr_t)op->files.items[i].content.s);
    }
    ocib_vec_release(&op->files);
    free(op->dest);
    free(op->chown);
    free(op->chmod);
    ocib_strings_release(&op->excludes);
}

#define COPY_TEST_AUTO_DIR OCIB_AUTO(copy_test_dir_remove)
#define COPY_TEST_AUTO_OP  OCIB_AUTO(copy_test_op_release)

#endif
