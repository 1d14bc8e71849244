#include "world.h"

#include "sys/fd.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ocib_fd_write_all(fd, text, strlen(text)), 0);
    close(fd);
}

/* A namespace with one id for a user who is not root. */
static bool become_root(void)
{
    char map[64];
    uid_t uid = getuid();
    gid_t gid = getgid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
        return false;
    }
    put("/proc/self/setgroups", "deny");
    snprintf(map, sizeof(map), "0 %u 1", uid);
    put("/proc/self/uid_map", map);
    snprintf(map, sizeof(map), "0 %u 1", gid);
    put("/proc/self/gid_map", map);
    return true;
}

/* All ids are there: not in a namespace that lacks some. */
static bool has_all_ids(void)
{
    char text[256] = "";
    unsigned first;
    unsigned outside;
    unsigned count = 0;
    FILE *f = fopen("/proc/self/uid_map", "re");
    if (f && fgets(text, sizeof(text), f)) {
        assert_int_equal(sscanf(text, "%u %u %u", &first, &outside, &count), 3);
    }
    if (f) {
        fclose(f);
    }
    return count > 100000 && count == UINT32_MAX;
}

static void remember(void *data, enum ocib_log_level level, struct ocib_span span, const char *text)
{
    ocib_buf_printf(data, "%s\n", text);
}

int world_setup(void **state)
{
    struct world *w = ocib_new(struct world);
    umask(022);
    if (geteuid() != 0 && !become_root()) {
        print_message("SKIPPED: neither root nor a user namespace\n");
        free(w);
        *state = NULL;
        return 0;
    }
    const char *tmp = getenv("TMPDIR");
    w->dir = ocib_format("%s/ocib-rootfs-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(w->dir));
    w->fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(w->fd >= 0);
    w->userxattr = !has_all_ids();
    w->one_id = w->userxattr;
    w->work_fd = -1;
    ocib_buf_init(&w->log);
    w->sink = (struct ocib_log){remember, &w->log};
    *state = w;
    return 0;
}

int world_teardown(void **state)
{
    struct world *w = *state;
    if (!w) {
        return 0;
    }
    ocib_snapshot_free(w->snapshot);
    ocib_fd_cleanup(&w->work_fd);
    struct ocib_error *err = NULL;
    assert_ok(ocib_remove_tree(AT_FDCWD, w->dir, &err), err);
    close(w->fd);
    free(w->dir);
    free(w->work);
    ocib_buf_release(&w->log);
    ocib_strings_release(&w->layers);
    free(w);
    return 0;
}

void world_needs_ids(struct world *w)
{
    if (w->one_id) {
        print_message("SKIPPED: needs all ids (root)\n");
        skip();
    }
}

void assert_text(const struct ocib_buf *got, const char *wanted)
{
    if (strcmp(got->data, wanted) != 0) {
        fail_msg("got:\n%swanted:\n%s", got->data, wanted);
    }
}

void assert_error(struct ocib_error **err, enum ocib_code code, const char *part)
{
    assert_non_null(*err);
    if (!strstr(ocib_error_message(*err), part)) {
        fail_msg("\"%s\" is not in \"%s\"", part, ocib_error_message(*err));
    }
    assert_int_equal(ocib_error_code(*err), code);
    ocib_error_clear(err);
}

/* Text to tar. */

struct pending {
    struct ocib_tar_entry entry;
    struct ocib_xattrs xattrs;
    char *path;
    char *rest;
    bool set;
};

static void flush(struct pending *p, struct ocib_tar_writer *tar)
{
    struct ocib_error *err = NULL;
    if (p->set) {
        p->entry.xattrs = &p->xattrs;
        assert_ok(ocib_tar_writer_entry(tar, &p->entry, &err), err);
        if (p->entry.size) {
            assert_ok(ocib_tar_writer_data(tar, p->rest, strlen(p->rest), &err), err);
        }
    }
    ocib_xattrs_release(&p->xattrs);
    free(p->path);
    free(p->rest);
    *p = (struct pending){0};
}

static void begin_line(struct pending *p, char *line)
{
    char type;
    unsigned mode;
    unsigned uid;
    unsigned gid;
    int at = 0;
    unsigned major_no = 0;
    unsigned minor_no = 0;
    assert_int_equal(sscanf(line, "%c %o %u:%u %n", &type, &mode, &uid, &gid, &at), 4);
    char *path = line + at;
    char *blank = strchr(path, ' ');
    p->rest = ocib_strdup(blank ? blank + 1 : "");
    p->path = ocib_strndup(path, blank ? (size_t)(blank - path) : strlen(path));
    p->set = true;
    p->entry = (struct ocib_tar_entry){
        .path = strcmp(p->path, "/") == 0 ? "" : p->path, .uid = uid, .gid = gid, .mtime = 1000};
    static const char types[] = "dflhcbp";
    static const mode_t bits[] = {S_IFDIR, S_IFREG, S_IFLNK, S_IFREG, S_IFCHR, S_IFBLK, S_IFIFO};
    const char *found = strchr(types, type);
    assert_non_null(found);
    p->entry.mode = bits[found - types] | mode;
    p->entry.size = type == 'f' ? (int64_t)strlen(p->rest) : 0;
    p->entry.linkname = type == 'l' || type == 'h' ? p->rest : NULL;
    p->entry.is_hardlink = type == 'h';
    if (type == 'c' || type == 'b') {
        assert_int_equal(sscanf(p->rest, "%u,%u", &major_no, &minor_no), 2);
        p->entry.rdev = makedev(major_no, minor_no);
    }
}

static void take_line(struct pending *p, struct ocib_tar_writer *tar, char *line)
{
    if (line[0] == 'x') {
        char *equal = strchr(line, '=');
        assert_non_null(equal);
        *equal = '\0';
        ocib_xattrs_add(&p->xattrs, line + 2, ocib_str(equal + 1));
    } else if (line[0] == 't') {
        long long seconds;
        char fraction[16] = "";
        assert_true(sscanf(line, "t %lld.%9s", &seconds, fraction) >= 1);
        p->entry.mtime = seconds;
        p->entry.mtime_nsec = strtol(fraction[0] ? fraction : "0", NULL, 10);
    } else {
        flush(p, tar);
        begin_line(p, line);
    }
}

void text_to_tar(const char *text, struct ocib_buf *out)
{
    struct ocib_error *err = NULL;
    struct ocib_tar_writer *tar = ocib_tar_writer_new(ocib_writer_to_buf(out), &err);
    struct pending p = {0};
    struct ocib_str left = ocib_str(text);
    struct ocib_str line;
    while (ocib_str_cut(&left, '\n', &line)) {
        OCIB_AUTO_FREE char *copy = ocib_str_dup(line);
        take_line(&p, tar, copy);
    }
    flush(&p, tar);
    assert_ok(ocib_tar_writer_finish(tar, &err), err);
    ocib_tar_writer_free(tar);
}

/* Tar to text. */

static char type_letter(const struct ocib_tar_entry *e)
{
    if (e->is_hardlink) {
        return 'h';
    }
    switch (e->mode & S_IFMT) {
    case S_IFDIR:
        return 'd';
    case S_IFLNK:
        return 'l';
    case S_IFCHR:
        return 'c';
    case S_IFBLK:
        return 'b';
    case S_IFIFO:
        return 'p';
    default:
        return 'f';
    }
}

static void add_content(struct ocib_tar_reader *tar, const struct ocib_tar_entry *e,
                        struct ocib_buf *text)
{
    struct ocib_error *err = NULL;
    char bytes[60];
    if (e->size >= (int64_t)sizeof(bytes)) {
        ocib_buf_printf(text, " (%lld bytes)", (long long)e->size);
        return;
    }
    ssize_t n;
    while ((n = ocib_tar_reader_data(tar, bytes, sizeof(bytes), &err)) > 0) {
        ocib_buf_printf(text, " %.*s", (int)n, bytes);
    }
    assert_ok(n, err);
}

static void add_entry(struct ocib_tar_reader *tar, const struct ocib_tar_entry *e, bool times,
                      struct ocib_buf *text)
{
    char type = type_letter(e);
    ocib_buf_printf(text, "%c %o %u:%u %s", type, e->mode & 07777, e->uid, e->gid,
                    *e->path ? e->path : "/");
    if (e->linkname) {
        ocib_buf_printf(text, " %s", e->linkname);
    }
    if (type == 'c' || type == 'b') {
        ocib_buf_printf(text, " %u,%u", major(e->rdev), minor(e->rdev));
    }
    if (type == 'f') {
        add_content(tar, e, text);
    }
    ocib_buf_putc(text, '\n');
    for (size_t i = 0; i < e->xattrs->len; i++) {
        ocib_buf_printf(text, "x %s=%s\n", e->xattrs->items[i].name,
                        e->xattrs->items[i].value.data);
    }
    if (times) {
        ocib_buf_printf(text, "t %lld.%09ld\n", (long long)e->mtime, e->mtime_nsec);
    }
}

void tar_to_text(struct ocib_str bytes, bool times, struct ocib_buf *text)
{
    struct ocib_error *err = NULL;
    struct ocib_tar_entry e;
    struct ocib_tar_reader *tar = ocib_tar_reader_new(ocib_reader_of_str(bytes), false, &err);
    int more;
    ocib_buf_clear(text);
    while ((more = ocib_tar_reader_next(tar, &e, &err)) > 0) {
        add_entry(tar, &e, times, text);
    }
    assert_ok(more, err);
    ocib_tar_reader_free(tar);
}

void tree_to_text(int fd, bool times, struct ocib_buf *text)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf bytes = {0};
    struct ocib_tar_writer *tar = ocib_tar_writer_new(ocib_writer_to_buf(&bytes), &err);
    assert_ok(ocib_tree_write(fd, false, 0, tar, &err), err);
    assert_ok(ocib_tar_writer_finish(tar, &err), err);
    ocib_tar_writer_free(tar);
    tar_to_text(ocib_buf_str(&bytes), times, text);
}

/* Layers and steps. */

static char *new_folder(struct world *w, const char *kind, int *fd)
{
    char *path = ocib_format("%s/%s%u", w->dir, kind, w->count++);
    assert_int_equal(mkdir(path, 0700), 0);
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(*fd >= 0);
    return path;
}

int world_try_unpack(struct world *w, struct ocib_str tar, struct ocib_error **err)
{
    OCIB_AUTO_FD int dest_fd = -1;
    OCIB_AUTO_FD int work_fd = -1;
    OCIB_AUTO_FREE char *work = new_folder(w, "unpack", &work_fd);
    char *dest = new_folder(w, "layer", &dest_fd);
    struct ocib_unpack_options options = {.dest_fd = dest_fd,
                                          .lowers = &w->layers,
                                          .work_fd = work_fd,
                                          .work_path = work,
                                          .userxattr = w->userxattr,
                                          .in_userns = w->one_id,
                                          .log = &w->sink};
    struct ocib_tar_reader *reader = ocib_tar_reader_new(ocib_reader_of_str(tar), false, err);
    int status = ocib_layer_unpack(reader, &options, err);
    ocib_tar_reader_free(reader);
    if (status < 0) {
        free(dest);
    } else {
        ocib_strings_take(&w->layers, dest);
    }
    return status;
}

void world_unpack(struct world *w, const char *text)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    text_to_tar(text, &tar);
    assert_ok(world_try_unpack(w, ocib_buf_str(&tar), &err), err);
}

void world_begin(struct world *w)
{
    struct ocib_error *err = NULL;
    free(w->work);
    ocib_fd_cleanup(&w->work_fd);
    w->work = new_folder(w, "step", &w->work_fd);
    struct ocib_snapshot_options options = {.lowers = &w->layers,
                                            .work_fd = w->work_fd,
                                            .work_path = w->work,
                                            .provided = w->provided,
                                            .provided_count = w->provided_count,
                                            .userxattr = w->userxattr};
    w->snapshot = ocib_snapshot_open(&options, &err);
    if (!w->snapshot) {
        fail_msg("%s", ocib_error_message(err));
    }
}

void world_sh(struct world *w, const char *script)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        /* A shell complains of a folder that has no path. */
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(null, STDERR_FILENO);
        if (fchdir(ocib_snapshot_fd(w->snapshot)) == 0) {
            execl("/bin/sh", "sh", "-euc", script, NULL);
        }
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

void world_diff(struct world *w, bool has_epoch, int64_t epoch, struct ocib_buf *out)
{
    struct ocib_error *err = NULL;
    struct ocib_diff_result result;
    assert_ok(ocib_snapshot_close(w->snapshot, &err), err);
    ocib_snapshot_free(w->snapshot);
    w->snapshot = NULL;
    OCIB_AUTO_FD int upper = openat(w->work_fd, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct ocib_diff_options options = {.upper_fd = upper,
                                        .lowers = &w->layers,
                                        .provided = w->provided,
                                        .provided_count = w->provided_count,
                                        .work_fd = w->work_fd,
                                        .work_path = w->work,
                                        .userxattr = w->userxattr,
                                        .has_epoch = has_epoch,
                                        .epoch = epoch,
                                        .log = &w->sink};
    struct ocib_tar_writer *tar = ocib_tar_writer_new(ocib_writer_to_buf(out), &err);
    assert_ok(ocib_layer_diff(&options, tar, &result, &err), err);
    assert_ok(ocib_tar_writer_finish(tar, &err), err);
    ocib_tar_writer_free(tar);
    assert_int_equal(result.entries == 0, out->len == 1024);
}

void world_end(struct world *w, struct ocib_buf *tar)
{
    world_diff(w, false, 0, tar);
}

void assert_step(struct world *w, const char *script, const char *layer)
{
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    world_begin(w);
    world_sh(w, script);
    world_end(w, &tar);
    tar_to_text(ocib_buf_str(&tar), false, &text);
    assert_text(&text, layer);
}

void assert_tree(struct world *w, const char *wanted)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    OCIB_AUTO_FD int work_fd = -1;
    OCIB_AUTO_FREE char *work = new_folder(w, "view", &work_fd);
    OCIB_AUTO_FD int view = ocib_layers_view(&w->layers, work_fd, work, w->userxattr, &err);
    assert_ok(view, err);
    tree_to_text(view, false, &text);
    assert_text(&text, wanted);
}
