#include "rootfs/walk.h"

#include "sys/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int by_bytes(const void *a, const void *b, void *text)
{
    return strcmp((const char *)text + *(const size_t *)a, (const char *)text + *(const size_t *)b);
}

static void drop_doubles(struct ocib_names *names)
{
    size_t kept = 0;
    for (size_t i = 0; i < names->len; i++) {
        const char *name = ocib_names_get(names, i);
        if (!kept || strcmp(name, ocib_names_get(names, kept - 1)) != 0) {
            names->items[kept++] = names->items[i];
        }
    }
    names->len = kept;
}

static int add_names(DIR *dir, struct ocib_names *out)
{
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        ocib_vec_push(out, out->text.len);
        ocib_buf_add(&out->text, entry->d_name, strlen(entry->d_name) + 1);
    }
    return errno ? -1 : 0;
}

int ocib_names_read(int dir_fd, const char *path, struct ocib_names *out)
{
    OCIB_AUTO_FD int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        return -1;
    }
    (void)ocib_fd_steal(&fd);
    int added = add_names(dir, out);
    int saved = errno;
    closedir(dir);
    errno = saved;
    if (added < 0) {
        return -1;
    }
    if (out->len) {
        qsort_r(out->items, out->len, sizeof(*out->items), by_bytes, out->text.data);
    }
    drop_doubles(out);
    return 0;
}

void ocib_names_release(struct ocib_names *names)
{
    ocib_buf_release(&names->text);
    ocib_vec_release(names);
}
