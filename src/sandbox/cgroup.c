#include "sandbox/cgroup.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX "ocib-step-"

enum {
    FILE_MAX_BYTES = 1 << 20,
    REMOVE_TRIES = 200,
    PAUSE = 5 * 1000 * 1000, /* nanoseconds between two tries */
};

static const char delegate_hint[] =
    "run ocib where a cgroup is delegated to it (systemd-run --user --scope -p Delegate=yes ocib "
    "…), or leave the limits out";

static bool read_text(int dir_fd, const char *path, struct ocib_buf *out)
{
    return ocib_file_read(dir_fd, path, FILE_MAX_BYTES, out, OCIB_ESANDBOX, NULL) == 0;
}

static int write_text(int dir_fd, const char *name, const char *text)
{
    OCIB_AUTO_FD int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC);
    return fd < 0 ? -1 : ocib_fd_write_all(fd, text, strlen(text));
}

/* --- where ------------------------------------------------------------------------------------ */

/* "36 35 0:30 ROOT PATH options... - cgroup2 cgroup2 rw" */
bool ocib_cgroup_find_mount(struct ocib_str mountinfo, char **path, char **root)
{
    struct ocib_str line;
    while (ocib_str_cut(&mountinfo, '\n', &line)) {
        OCIB_AUTO_FREE char *text = ocib_str_dup(line);
        const char *type = strstr(text, " - cgroup2 ");
        struct ocib_str rest = line;
        struct ocib_str words[5];
        size_t count = 0;
        while (type && count < OCIB_COUNT(words) && ocib_str_cut(&rest, ' ', &words[count])) {
            count++;
        }
        if (count == OCIB_COUNT(words)) {
            *root = ocib_str_dup(words[3]);
            *path = ocib_str_dup(words[4]);
            return true;
        }
    }
    return false;
}

/* This process's cgroup, as a path in the tree: the line "0::PATH". */
static char *own_path(void)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (!read_text(AT_FDCWD, "/proc/self/cgroup", &text)) {
        return ocib_strdup("/");
    }
    struct ocib_str rest = ocib_buf_str(&text);
    struct ocib_str line;
    while (ocib_str_cut(&rest, '\n', &line)) {
        if (ocib_str_starts(line, "0::/")) {
            return ocib_str_dup(ocib_str_sub(line, 3, line.len));
        }
    }
    return ocib_strdup("/");
}

/* The path without the part that the mount's root is. */
static const char *below(const char *path, const char *root)
{
    size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);
    bool inside = strncmp(path, root, len) == 0 && (path[len] == '/' || path[len] == '\0');
    return inside && path[len] ? path + len : "/";
}

static int fail_tree(struct ocib_error **err)
{
    ocib_error_set(err, OCIB_ESANDBOX,
                   "steps can't have a cgroup of their own: no cgroup v2 is mounted here");
    return ocib_error_hint_set(err, "leave --memory, --cpus, --cgroup-parent and the like out");
}

static int open_tree_root(char **own, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    OCIB_AUTO_FREE char *path = NULL;
    OCIB_AUTO_FREE char *root = NULL;
    if (!read_text(AT_FDCWD, "/proc/self/mountinfo", &text) ||
        !ocib_cgroup_find_mount(ocib_buf_str(&text), &path, &root)) {
        return fail_tree(err);
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't open %s", path);
    }
    OCIB_AUTO_FREE char *whole = own_path();
    *own = ocib_strdup(below(whole, root));
    return fd;
}

/* --- controllers ------------------------------------------------------------------------------ */

static bool has_word(struct ocib_str text, struct ocib_str wanted)
{
    struct ocib_str line;
    struct ocib_str word;
    while (ocib_str_cut(&text, '\n', &line)) {
        while (ocib_str_cut(&line, ' ', &word)) {
            if (ocib_str_eq(word, wanted)) {
                return true;
            }
        }
    }
    return false;
}

/* The file that a value goes into: "memory.max" of "?memory.max=1". */
static struct ocib_str file_of(const char *value)
{
    struct ocib_str rest = ocib_str(value + (value[0] == '?'));
    struct ocib_str file = {"", 0};
    (void)ocib_str_cut(&rest, '=', &file);
    return file;
}

static struct ocib_str controller_of(const char *value)
{
    struct ocib_str file = file_of(value);
    return ocib_str_sub(file, 0, (size_t)ocib_str_find(file, '.'));
}

/* Children of this folder get the controllers that the values need. -1 with errno. */
static int enable(int dir_fd, const struct ocib_strings *values)
{
    OCIB_AUTO_BUF struct ocib_buf enabled = {0};
    if (!read_text(dir_fd, "cgroup.subtree_control", &enabled)) {
        return -1;
    }
    for (size_t i = 0; i < values->len; i++) {
        struct ocib_str name = controller_of(values->items[i]);
        if (has_word(ocib_buf_str(&enabled), name)) {
            continue;
        }
        OCIB_AUTO_FREE char *text = ocib_format("+%.*s", OCIB_STR_ARG(name));
        if (write_text(dir_fd, "cgroup.subtree_control", text) < 0) {
            return -1;
        }
    }
    return 0;
}

static int set_values(const struct ocib_cgroup *cgroup, const struct ocib_strings *values,
                      struct ocib_error **err)
{
    for (size_t i = 0; i < values->len; i++) {
        const char *value = values->items[i];
        OCIB_AUTO_FREE char *file = ocib_str_dup(file_of(value));
        const char *text = strchr(value, '=') + 1;
        bool optional = value[0] == '?';
        if (write_text(cgroup->fd, file, text) < 0 && !(optional && errno == ENOENT)) {
            return ocib_error_set_errno(err, OCIB_ESANDBOX,
                                        "can't set %s of the steps' cgroup to %s", file, text);
        }
    }
    return 0;
}

/* Every controller that is needed is one of this tree's. */
static int check_controllers(int tree_fd, const struct ocib_strings *values,
                             struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf known = {0};
    if (!read_text(tree_fd, "cgroup.controllers", &known)) {
        return fail_tree(err);
    }
    for (size_t i = 0; i < values->len; i++) {
        struct ocib_str name = controller_of(values->items[i]);
        if (!has_word(ocib_buf_str(&known), name)) {
            ocib_error_set(
                err, OCIB_ESANDBOX,
                "steps can't have limits of %.*s: this machine's cgroup v2 does not have "
                "that controller",
                OCIB_STR_ARG(name));
            return ocib_error_hint_set(err, "a machine with cgroup v1 can't limit steps: leave "
                                            "--memory, --cpus, --cpuset-cpus and the like out");
        }
    }
    return 0;
}

/* --- making and removing ---------------------------------------------------------------------- */

/* What builders that were killed have left: nobody holds its lock. */
static void sweep(int parent_fd)
{
    OCIB_AUTO_FD int list = openat(parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = list < 0 ? NULL : fdopendir(list);
    const struct dirent *entry;
    if (!dir) {
        return;
    }
    (void)ocib_fd_steal(&list);
    while ((entry = readdir(dir))) {
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0) {
            continue;
        }
        OCIB_AUTO_FD int old = openat(parent_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (old >= 0 && flock(old, LOCK_EX | LOCK_NB) == 0) {
            (void)unlinkat(parent_fd, entry->d_name, AT_REMOVEDIR);
        }
    }
    closedir(dir);
}

static int make(int parent_fd, struct ocib_cgroup *out)
{
    uint64_t number;
    if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number)) {
        return -1;
    }
    out->name = ocib_format(PREFIX "%016llx", (unsigned long long)number);
    if (mkdirat(parent_fd, out->name, 0755) < 0) {
        return -1;
    }
    out->parent_fd = fcntl(parent_fd, F_DUPFD_CLOEXEC, 0);
    out->fd = openat(parent_fd, out->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->parent_fd < 0 || out->fd < 0 || flock(out->fd, LOCK_EX | LOCK_NB) < 0) {
        return -1;
    }
    out->procs_fd = openat(out->fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    return out->procs_fd < 0 ? -1 : 0;
}

static int try_parent(int parent_fd, const struct ocib_policy *policy, struct ocib_cgroup *out)
{
    sweep(parent_fd);
    if (enable(parent_fd, &policy->cgroup) < 0) {
        return -1;
    }
    if (make(parent_fd, out) < 0) {
        int reason = errno;
        ocib_cgroup_close(out);
        errno = reason;
        return -1;
    }
    return 0;
}

static int fail_parent(const char *path, struct ocib_error **err)
{
    ocib_error_set_errno(err, OCIB_ESANDBOX,
                         "steps can't have a cgroup of their own: can't make one in %s", path);
    return ocib_error_hint_set(err, "%s", delegate_hint);
}

static int open_given(int tree_fd, const struct ocib_policy *policy, struct ocib_cgroup *out,
                      struct ocib_error **err)
{
    const char *path = policy->cgroup_parent;
    const struct ocib_mkdirs how = {.mode = 0755};
    if (ocib_mkdirs_in_root(tree_fd, path, &how) < 0) {
        return fail_parent(path, err);
    }
    OCIB_AUTO_FD int parent = ocib_open_in_root(tree_fd, path, O_RDONLY | O_DIRECTORY, 0);
    return parent < 0 || try_parent(parent, policy, out) < 0 ? fail_parent(path, err) : 0;
}

/* In the own cgroup, or the nearest above it where that works. (One that has processes can't have
 * limited children, unless it is the topmost.) */
static int open_nearest(int tree_fd, char *own, const struct ocib_policy *policy,
                        struct ocib_cgroup *out, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *first = ocib_strdup(own);
    int reason = 0;
    for (;;) {
        OCIB_AUTO_FD int parent = ocib_open_in_root(tree_fd, own, O_RDONLY | O_DIRECTORY, 0);
        if (parent >= 0 && try_parent(parent, policy, out) == 0) {
            return 0;
        }
        reason = reason ? reason : errno;
        char *slash = strrchr(own, '/');
        if (!slash || own[1] == '\0') {
            errno = reason;
            return fail_parent(first, err);
        }
        slash[slash == own] = '\0';
    }
}

int ocib_cgroup_open(const struct ocib_policy *policy, struct ocib_cgroup *out,
                     struct ocib_error **err)
{
    OCIB_AUTO_FREE char *own = NULL;
    *out = (struct ocib_cgroup){-1, -1, -1, NULL};
    OCIB_AUTO_FD int tree = open_tree_root(&own, err);
    if (tree < 0 || check_controllers(tree, &policy->cgroup, err) < 0) {
        return -1;
    }
    int made = policy->cgroup_parent ? open_given(tree, policy, out, err)
                                     : open_nearest(tree, own, policy, out, err);
    if (made < 0 || set_values(out, &policy->cgroup, err) < 0) {
        ocib_cgroup_close(out);
        return -1;
    }
    return 0;
}

void ocib_cgroup_close(struct ocib_cgroup *cgroup)
{
    const struct timespec pause = {0, PAUSE};
    if (cgroup->fd >= 0) {
        (void)write_text(cgroup->fd, "cgroup.kill",
                         "1"); /* since Linux 5.14; usually it is empty */
    }
    for (int i = 0; cgroup->name && cgroup->parent_fd >= 0 && i < REMOVE_TRIES; i++) {
        if (unlinkat(cgroup->parent_fd, cgroup->name, AT_REMOVEDIR) == 0 || errno != EBUSY) {
            break;
        }
        nanosleep(&pause, NULL);
    }
    ocib_fd_cleanup(&cgroup->procs_fd);
    ocib_fd_cleanup(&cgroup->fd);
    ocib_fd_cleanup(&cgroup->parent_fd);
    free(ocib_steal(&cgroup->name));
}
