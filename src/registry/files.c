#include "registry/files.h"

#include "io/stream.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

enum { MOST_BYTES = 4 * 1024 * 1024 };

char *ocib_files_home(uid_t uid)
{
    const char *home = getenv("HOME");
    if (home && home[0] == '/') {
        return ocib_strdup(home);
    }
    char room[4096];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(uid, &entry, room, sizeof(room), &found) || !found) {
        return NULL;
    }
    return ocib_strdup(found->pw_dir);
}

char *ocib_files_config_home(uid_t uid)
{
    const char *set = getenv("XDG_CONFIG_HOME");
    if (set && set[0] == '/') {
        return ocib_strdup(set);
    }
    OCIB_AUTO_FREE char *home = ocib_files_home(uid);
    return home ? ocib_format("%s/.config", home) : NULL;
}

int ocib_files_read(const char *path, struct ocib_buf *out, struct ocib_error **err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return 0;
    }
    if (fd < 0) {
        return ocib_error_set_errno(err, OCIB_EUSAGE, "can't read %s", path);
    }
    OCIB_AUTO(ocib_reader_cleanup) struct ocib_reader *reader = ocib_reader_of_fd(fd, true, path);
    if (ocib_stream_read_all(reader, MOST_BYTES, out, err)) {
        return ocib_error_code_set(err, OCIB_EUSAGE);
    }
    return 1;
}

void ocib_files_list(const char *folder, const char *suffix, struct ocib_strings *out)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        return;
    }
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (entry->d_name[0] != '.' && ocib_str_ends(ocib_str(entry->d_name), suffix)) {
            ocib_strings_take(out, ocib_format("%s/%s", folder, entry->d_name));
        }
    }
    closedir(dir);
    ocib_strings_sort(out);
}
