/*
 * Applying a layer to a tree that holds the layers below it. What differs from unpacking one by
 * itself: whiteouts remove, and folders of the layers below must keep their times although names
 * come and go in them.
 */
#include "base/mem.h"
#include "rootfs/unpack.h"
#include "rootfs/walk.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static bool is_made(const struct ocib_unpacking *u, const char *path)
{
    return ocib_map_get(u->made, ocib_str(path)) != NULL;
}

static void keep_time(struct ocib_unpacking *u, const char *path)
{
    struct stat st;
    ocib_map_set(u->made, ocib_str(path), u->made);
    if (fstatat(u->options->dest_fd, *path ? path : ".", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(st.st_mode)) {
        ocib_place_time(u, ocib_strdup(path), &st.st_mtim);
    }
}

/* With its parents: one that is hidden later must not take with it what this layer has in it. */
void ocib_flat_note(struct ocib_unpacking *u, const char *path)
{
    OCIB_AUTO_FREE char *at = ocib_strdup(path);
    while (u->options->flat && !is_made(u, at)) {
        keep_time(u, at);
        char *slash = strrchr(at, '/');
        *(slash ? slash : at) = '\0';
    }
}

void ocib_flat_made(struct ocib_unpacking *u, const char *base)
{
    if (u->options->flat) {
        OCIB_AUTO_FREE char *path = ocib_place_join(u, base);
        ocib_map_set(u->made, ocib_str(path), u->made);
    }
}

static int failed(const char *path, struct ocib_error **err)
{
    return ocib_error_set_errno(err, OCIB_ESTORE, "can't remove what is in %s", path);
}

/* One folder: what this layer did not make goes; folders that it made are for later. */
static int hide_in(struct ocib_unpacking *u, const char *folder, struct ocib_strings *later,
                   struct ocib_error **err)
{
    OCIB_AUTO(ocib_names_release) struct ocib_names names = {0};
    struct stat st;
    OCIB_AUTO_FD int fd =
        ocib_open_no_links(u->options->dest_fd, *folder ? folder : ".", O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0) {
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : failed(folder, err);
    }
    if (ocib_names_read(fd, ".", &names) < 0) {
        return failed(folder, err);
    }
    for (size_t i = 0; i < names.len; i++) {
        const char *name = ocib_names_get(&names, i);
        OCIB_AUTO_FREE char *path =
            *folder ? ocib_format("%s/%s", folder, name) : ocib_strdup(name);
        if (!is_made(u, path)) {
            if (ocib_remove_tree(fd, name, err) < 0) {
                return -1;
            }
        } else if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
            ocib_strings_push(later, path);
        }
    }
    return 0;
}

int ocib_flat_hide(struct ocib_unpacking *u, const char *path, struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings later = {0};
    ocib_flat_note(u, path);
    ocib_strings_push(&later, path);
    while (later.len) {
        OCIB_AUTO_FREE char *folder = later.items[--later.len];
        if (hide_in(u, folder, &later, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int ocib_flat_remove(struct ocib_unpacking *u, const char *name, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *path = ocib_place_join(u, name);
    return is_made(u, path) ? ocib_flat_hide(u, path, err)
                            : ocib_remove_tree(u->folder_fd, name, err);
}
