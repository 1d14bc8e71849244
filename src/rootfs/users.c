#include "rootfs/users.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "sys/fd.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Limits: the files come from the image. */
enum { FILE_MAX = 8 << 20, GROUPS_MAX = 65536 };

/* chown(2) takes the highest number for "unchanged". */
static const uint64_t id_max = UINT32_MAX - 1;

void ocib_user_release(struct ocib_user *user)
{
    free(user->groups);
    free(user->home);
    *user = (struct ocib_user){0};
}

/* A file of the tree; empty if it does not exist. */
static int read_file(int root_fd, const char *path, struct ocib_buf *out, struct ocib_error **err)
{
    struct stat st;
    OCIB_AUTO_FD int fd = ocib_open_in_root(root_fd, path, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) {
        return 0;
    }
    if (fd < 0 || fstat(fd, &st) < 0) {
        return ocib_error_set_errno(err, OCIB_EBUILD, "can't read the image's %s", path);
    }
    if (!S_ISREG(st.st_mode)) {
        return ocib_error_set(err, OCIB_EBUILD, "the image's %s is not a file", path);
    }
    if (ocib_fd_read_all(fd, FILE_MAX, out) < 0) {
        return ocib_error_set_errno(err, OCIB_EBUILD, "can't read the image's %s", path);
    }
    return 0;
}

/* A line of passwd (name:x:uid:gid:gecos:home:shell) or group (name:x:gid:members). */
struct record {
    struct ocib_str field[7];
};

/* The next line that is one: false at the end. */
static bool next_record(struct ocib_str *text, struct record *out)
{
    struct ocib_str line;
    while (ocib_str_cut(text, '\n', &line)) {
        line = ocib_str_trim(line);
        if (line.len == 0 || line.s[0] == '#') {
            continue;
        }
        *out = (struct record){0};
        for (size_t i = 0; i < OCIB_COUNT(out->field); i++) {
            if (!ocib_str_cut(&line, ':', &out->field[i])) {
                break;
            }
        }
        return true;
    }
    return false;
}

static bool id_of(struct ocib_str text, uint32_t *out)
{
    uint64_t value;
    if (!ocib_str_uint(text, id_max, &value)) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

/* Docker's rule: the first line whose number it is, or whose name if it is no number. */
static bool find(const struct ocib_buf *file, struct ocib_str wanted, struct record *out)
{
    struct ocib_str text = ocib_buf_str(file);
    uint32_t number = 0;
    bool numeric = id_of(wanted, &number);
    while (next_record(&text, out)) {
        uint32_t id;
        if (!id_of(out->field[2], &id)) {
            continue;
        }
        if (numeric ? id == number : ocib_str_eq(out->field[0], wanted)) {
            return true;
        }
    }
    return false;
}

static int no_such(const char *what, struct ocib_str name, const char *path,
                   struct ocib_error **err)
{
    ocib_error_set(err, OCIB_EBUILD, "there is no %s \"%.*s\" in the image's %s", what,
                   OCIB_STR_ARG(name), path);
    return ocib_error_hint_set(err, "add it with a RUN step before, or give its number");
}

struct files {
    struct ocib_buf passwd;
    struct ocib_buf group;
};

static void files_release(struct files *files)
{
    ocib_buf_release(&files->passwd);
    ocib_buf_release(&files->group);
}

static int read_files(int root_fd, struct files *files, struct ocib_error **err)
{
    ocib_buf_init(&files->passwd);
    ocib_buf_init(&files->group);
    return read_file(root_fd, "/etc/passwd", &files->passwd, err) < 0
               ? -1
               : read_file(root_fd, "/etc/group", &files->group, err);
}

static int take_group(const struct files *files, struct ocib_str name, gid_t *gid,
                      struct ocib_error **err)
{
    struct record record;
    if (find(&files->group, name, &record) && id_of(record.field[2], gid)) {
        return 0;
    }
    return id_of(name, gid) ? 0 : no_such("group", name, "/etc/group", err);
}

static bool is_member(struct ocib_str members, struct ocib_str name)
{
    struct ocib_str member;
    while (ocib_str_cut(&members, ',', &member)) {
        if (ocib_str_eq(ocib_str_trim(member), name)) {
            return true;
        }
    }
    return false;
}

/* The user's own group comes first, as in Docker. */
static void take_groups(const struct files *files, struct ocib_str name, struct ocib_user *out)
{
    struct ocib_str text = ocib_buf_str(&files->group);
    struct record record;
    struct {
        OCIB_VEC(gid_t);
    } groups = {0};
    ocib_vec_push(&groups, out->gid);
    while (name.len && groups.len < GROUPS_MAX && next_record(&text, &record)) {
        gid_t gid;
        if (id_of(record.field[2], &gid) && gid != out->gid && is_member(record.field[3], name)) {
            ocib_vec_push(&groups, gid);
        }
    }
    out->groups = groups.items;
    out->group_count = groups.len;
}

/* The part of USER before the colon, nothing meaning root; *name: as its line has it, empty if
 * there is no line. */
static int take_user(const struct files *files, struct ocib_str text, struct ocib_user *out,
                     struct ocib_str *name, struct ocib_error **err)
{
    struct record record;
    struct ocib_str wanted = text.len ? text : OCIB_STR("0");
    *name = (struct ocib_str){0};
    if (find(&files->passwd, wanted, &record)) {
        if (!id_of(record.field[2], &out->uid) || !id_of(record.field[3], &out->gid)) {
            return ocib_error_set(err, OCIB_EBUILD, "the image's /etc/passwd is bad at user %.*s",
                                  OCIB_STR_ARG(record.field[0]));
        }
        out->home = ocib_str_dup(record.field[5]);
        *name = record.field[0];
        return 0;
    }
    out->gid = 0;
    return id_of(wanted, &out->uid) ? 0 : no_such("user", wanted, "/etc/passwd", err);
}

static int lookup(const struct files *files, struct ocib_str text, struct ocib_user *out,
                  struct ocib_error **err)
{
    struct ocib_str user = {0};
    struct ocib_str name;
    struct ocib_str group = text;
    if (!ocib_str_cut(&group, ':', &user)) {
        user = text;
    }
    if (take_user(files, user, out, &name, err) < 0) {
        return -1;
    }
    if (group.len && take_group(files, group, &out->gid, err) < 0) {
        return -1;
    }
    take_groups(files, group.len ? OCIB_STR("") : name, out);
    return 0;
}

int ocib_user_lookup(int root_fd, const char *text, struct ocib_user *out, struct ocib_error **err)
{
    OCIB_AUTO(files_release) struct files files = {0};
    *out = (struct ocib_user){0};
    if (read_files(root_fd, &files, err) < 0) {
        return -1;
    }
    if (lookup(&files, ocib_str(text), out, err) < 0) {
        ocib_user_release(out);
        return -1;
    }
    return 0;
}

int ocib_chown_lookup(int root_fd, const char *text, uid_t *uid, gid_t *gid,
                      struct ocib_error **err)
{
    OCIB_AUTO(files_release) struct files files = {0};
    struct ocib_str user = {0};
    struct ocib_str group = ocib_str(text);
    struct record record;
    *uid = 0;
    *gid = 0;
    bool alone = ocib_str_find(group, ':') < 0;
    (void)!ocib_str_cut(&group, ':', &user);
    bool by_number = user.len == 0 || id_of(user, uid);
    bool group_by_number = group.len == 0 || id_of(group, gid);
    if ((!by_number || !group_by_number) && read_files(root_fd, &files, err) < 0) {
        return -1;
    }
    if (by_number && alone) {
        *gid = *uid;
    }
    if (!by_number) {
        gid_t own;
        if (!find(&files.passwd, user, &record) || !id_of(record.field[2], uid) ||
            !id_of(record.field[3], &own)) {
            return no_such("user", user, "/etc/passwd", err);
        }
        *gid = alone ? own : *gid;
    }
    return group_by_number ? 0 : take_group(&files, group, gid, err);
}
