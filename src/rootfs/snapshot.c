#include "rootfs/snapshot.h"

#include "base/mem.h"
#include "rootfs/overlay.h"
#include "rootfs/provided.h"
#include "sys/fd.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct ocib_snapshot {
    int fd;
    int upper_fd;
    struct stat root; /* the upper folder as it was at first */
};

static int make_folder(const struct ocib_snapshot_options *o, const char *name,
                       struct ocib_error **err)
{
    if (mkdirat(o->work_fd, name, 0755) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't make folder %s/%s", o->work_path,
                                    name);
    }
    if (fchmodat(o->work_fd, name, 0755, 0) < 0) { /* whatever the umask */
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't make folder %s/%s", o->work_path,
                                    name);
    }
    return 0;
}

/* The root folder of the tree is the upper one's: it must look like the image's. */
static int match_root(const struct ocib_snapshot_options *o, const char *name,
                      struct ocib_error **err)
{
    if (!o->lowers->len) {
        return 0;
    }
    const char *top = o->lowers->items[o->lowers->len - 1];
    if (ocib_copy_attributes(AT_FDCWD, top, o->work_fd, name) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't take over the attributes of %s", top);
    }
    return 0;
}

/* Work/provided, looking at the image through a view of its layers. */
static int make_provided(const struct ocib_snapshot_options *o, struct ocib_error **err)
{
    OCIB_AUTO_FD int view = -1;
    if (make_folder(o, "provided", err) < 0) {
        return -1;
    }
    if (o->lowers->len) {
        view = ocib_layers_view(o->lowers, o->work_fd, o->work_path, o->userxattr, err);
        if (view < 0) {
            return -1;
        }
    }
    OCIB_AUTO_FD int layer = openat(o->work_fd, "provided", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (layer < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't open %s/provided", o->work_path);
    }
    if (ocib_provided_make(layer, view, o->provided, o->provided_count, err) < 0) {
        return -1;
    }
    return match_root(o, "provided", err);
}

static void add_lowers(const struct ocib_strings *lowers, struct ocib_strings *out)
{
    for (size_t i = lowers->len; i > 0; i--) {
        ocib_strings_push(out, lowers->items[i - 1]);
    }
}

static int mount_snapshot(const struct ocib_snapshot_options *o, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *upper = ocib_path_join(o->work_path, "upper");
    OCIB_AUTO_FREE char *work = ocib_path_join(o->work_path, "overlay");
    OCIB_AUTO_STRINGS struct ocib_strings lowers = {0};
    if (o->provided_count) {
        ocib_strings_take(&lowers, ocib_path_join(o->work_path, "provided"));
    }
    add_lowers(o->lowers, &lowers);
    if (lowers.len == 0) {
        if (make_folder(o, "empty", err) < 0) {
            return -1;
        }
        ocib_strings_take(&lowers, ocib_path_join(o->work_path, "empty"));
    }
    struct ocib_overlay overlay = {
        .lowers = lowers,
        .upper = upper,
        .work = work,
        .work_path = o->work_path,
        .userxattr = o->userxattr,
    };
    return ocib_overlay_mount(&overlay, err);
}

struct ocib_snapshot *ocib_snapshot_open(const struct ocib_snapshot_options *options,
                                         struct ocib_error **err)
{
    if (make_folder(options, "upper", err) < 0 || make_folder(options, "overlay", err) < 0) {
        return NULL;
    }
    if (options->provided_count && make_provided(options, err) < 0) {
        return NULL;
    }
    if (match_root(options, "upper", err) < 0) {
        return NULL;
    }
    OCIB_AUTO(ocib_snapshot_cleanup)
    struct ocib_snapshot *snapshot = ocib_new(struct ocib_snapshot);
    snapshot->fd = -1;
    snapshot->upper_fd =
        openat(options->work_fd, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (snapshot->upper_fd < 0 || fstat(snapshot->upper_fd, &snapshot->root) < 0) {
        ocib_error_set_errno(err, OCIB_ESTORE, "can't open %s/upper", options->work_path);
        return NULL;
    }
    snapshot->fd = mount_snapshot(options, err);
    return snapshot->fd < 0 ? NULL : ocib_steal(&snapshot);
}

int ocib_snapshot_fd(const struct ocib_snapshot *snapshot)
{
    return snapshot->fd;
}

/* A layer says nothing of the root folder itself, so the next step must not see what this one made
 * of it: it could not when the layer is unpacked anew. */
static int restore_root(const struct ocib_snapshot *snapshot, struct ocib_error **err)
{
    const struct stat *root = &snapshot->root;
    const struct timespec times[2] = {root->st_mtim, root->st_mtim};
    if (fchown(snapshot->upper_fd, root->st_uid, root->st_gid) < 0 ||
        fchmod(snapshot->upper_fd, root->st_mode & 07777) < 0 ||
        futimens(snapshot->upper_fd, times) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't reset the root folder of a layer");
    }
    return 0;
}

int ocib_snapshot_close(struct ocib_snapshot *snapshot, struct ocib_error **err)
{
    if (snapshot->fd < 0) {
        return 0;
    }
    return ocib_fd_close(&snapshot->fd, "a snapshot", err) < 0 ? -1 : restore_root(snapshot, err);
}

void ocib_snapshot_free(struct ocib_snapshot *snapshot)
{
    if (snapshot) {
        ocib_fd_cleanup(&snapshot->fd);
        ocib_fd_cleanup(&snapshot->upper_fd);
        free(snapshot);
    }
}

static int open_folder(int dir_fd, const char *path, struct ocib_error **err)
{
    int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? ocib_error_set_errno(err, OCIB_ESTORE, "can't open folder %s", path) : fd;
}

int ocib_layers_view(const struct ocib_strings *lowers, int work_fd, const char *work_path,
                     bool userxattr, struct ocib_error **err)
{
    if (lowers->len == 0) {
        if (mkdirat(work_fd, "empty", 0755) < 0 && errno != EEXIST) {
            return ocib_error_set_errno(err, OCIB_ESTORE, "can't make folder %s/empty", work_path);
        }
        return open_folder(work_fd, "empty", err);
    }
    if (lowers->len == 1) {
        return open_folder(AT_FDCWD, lowers->items[0], err);
    }
    OCIB_AUTO_STRINGS struct ocib_strings reversed = {0};
    add_lowers(lowers, &reversed);
    struct ocib_overlay overlay = {
        .lowers = reversed, .work_path = work_path, .userxattr = userxattr};
    return ocib_overlay_mount(&overlay, err);
}
