#include "store/internal.h"

#include "base/mem.h"
#include "oci/json.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The format of the folder "ocib"; a store of a higher one is left alone. */
enum { FORMAT = 1 };

#define LAYOUT_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}" /* image-spec, image-layout.md */

static const char *remedy(int number)
{
    switch (number) {
    case EACCES:
    case EPERM:
        return "the store must belong to the user who builds: choose another place with --root";
    case EIO:
        return "the disk reports a fault: look into the kernel's log, and put the store elsewhere "
               "with --root";
    default:
        return NULL;
    }
}

int ocib_store_fail(struct ocib_error **err, const char *fmt, ...)
{
    int saved = errno;
    va_list ap;
    va_start(ap, fmt);
    char *what = NULL;
    if (vasprintf(&what, fmt, ap) < 0) {
        what = NULL;
    }
    va_end(ap);
    errno = saved;
    ocib_error_set_errno(err, OCIB_ESTORE, "%s", what ? what : "store");
    free(what);
    if (remedy(saved)) {
        ocib_error_hint_set(err, "%s", remedy(saved));
    }
    return -1;
}

static char *home_of(uid_t uid)
{
    const char *home = getenv("HOME");
    if (home && home[0] == '/') {
        return ocib_strdup(home);
    }
    char memory[16384];
    struct passwd entry;
    struct passwd *found = NULL;
    if (getpwuid_r(uid, &entry, memory, sizeof(memory), &found) != 0 || !found ||
        found->pw_dir[0] != '/') {
        return NULL;
    }
    return ocib_strdup(found->pw_dir);
}

char *ocib_store_default_root(uid_t uid)
{
    const char *root = getenv("OCIB_ROOT");
    const char *data = getenv("XDG_DATA_HOME");
    if (root && *root) {
        return ocib_strdup(root);
    }
    if (uid == 0) {
        return ocib_strdup("/var/lib/ocib");
    }
    if (data && data[0] == '/') { /* the XDG specification says to ignore relative paths */
        return ocib_format("%s/ocib", data);
    }
    OCIB_AUTO_FREE char *home = home_of(uid);
    return home ? ocib_format("%s/.local/share/ocib", home) : NULL;
}

const char *ocib_store_root(const struct ocib_store *store)
{
    return store->root;
}

static void close_fd(int *fd)
{
    ocib_fd_cleanup(fd);
}

void ocib_store_close(struct ocib_store *store)
{
    if (!store) {
        return;
    }
    if (store->own) {
        ocib_work_release(store->own);
        free(store->own);
    }
    close_fd(&store->lease_fd);
    close_fd(&store->work_fd);
    close_fd(&store->layers_fd);
    close_fd(&store->ours_fd);
    close_fd(&store->blobs_fd);
    close_fd(&store->root_fd);
    free(store->root);
    free(store);
}

static bool is_part_of_a_store(const char *name)
{
    static const char *const names[] = {".",     "..",   "oci-layout", "index.json",
                                        "blobs", "ocib", "lost+found", NULL};
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Someone's home folder given as a store by mistake must not become one. */
static int refuse_foreign(const struct ocib_store *store, struct ocib_error **err)
{
    if (faccessat(store->root_fd, "oci-layout", F_OK, 0) == 0) {
        return 0;
    }
    int fd = openat(store->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        ocib_store_fail(err, "can't read folder %s", store->root);
        close_fd(&fd);
        return -1;
    }
    int result = 0;
    const struct dirent *entry;
    while (result == 0 && (entry = readdir(dir))) {
        if (!is_part_of_a_store(entry->d_name)) {
            result = ocib_error_set(err, OCIB_ESTORE, "%s is not a store: it holds \"%s\"",
                                    store->root, entry->d_name);
            ocib_error_hint_set(err, "give --root an empty folder, or one that is not there yet");
        }
    }
    closedir(dir);
    return result;
}

static int open_root(struct ocib_store *store, const char *root, struct ocib_error **err)
{
    if (ocib_mkdirs(root, OCIB_STORE_DIR_MODE, err) < 0) {
        return remedy(errno) ? ocib_error_hint_set(err, "%s", remedy(errno)) : -1;
    }
    store->root = realpath(root, NULL);
    store->root_fd = store->root ? open(store->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (store->root_fd < 0) {
        return ocib_store_fail(err, "can't open store %s", root);
    }
    return refuse_foreign(store, err);
}

static int open_folder(const struct ocib_store *store, const char *path, int *fd,
                       struct ocib_error **err)
{
    if (mkdirat(store->root_fd, path, OCIB_STORE_DIR_MODE) < 0 && errno != EEXIST) {
        return ocib_store_fail(err, "can't make folder %s/%s", store->root, path);
    }
    *fd = openat(store->root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0) {
        return ocib_store_fail(err, "can't open folder %s/%s", store->root, path);
    }
    return 0;
}

static int open_folders(struct ocib_store *store, struct ocib_error **err)
{
    int other = -1;
    if (open_folder(store, "blobs", &other, err) < 0) {
        return -1;
    }
    close_fd(&other);
    if (open_folder(store, "blobs/sha256", &store->blobs_fd, err) < 0 ||
        open_folder(store, "ocib", &store->ours_fd, err) < 0 ||
        open_folder(store, "ocib/layers", &store->layers_fd, err) < 0 ||
        open_folder(store, "ocib/work", &store->work_fd, err) < 0 ||
        open_folder(store, "ocib/records", &other, err) < 0) {
        return -1;
    }
    close_fd(&other);
    if (open_folder(store, "ocib/locks", &other, err) < 0) {
        return -1;
    }
    close_fd(&other);
    return 0;
}

static bool is_there(const struct ocib_store *store, const char *path)
{
    return faccessat(store->root_fd, path, F_OK, 0) == 0;
}

static int put_if_absent(struct ocib_store *store, const char *path, const char *text,
                         struct ocib_error **err)
{
    const struct ocib_store_place place = {store->root_fd, path, path, .sync = true};
    return is_there(store, path) ? 0 : ocib_store_put_file(store, &place, ocib_str(text), err);
}

/* oci-layout comes last: with it the folder is a store for other tools, with all they look for. */
static int make_files(struct ocib_store *store, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *version = ocib_format("%d\n", FORMAT);
    if (is_there(store, "ocib/version") && is_there(store, "index.json") &&
        is_there(store, "oci-layout")) {
        return 0;
    }
    OCIB_AUTO_FD int lock = ocib_lock(store->ours_fd, OCIB_STORE_INDEX_LOCK, true, err);
    if (lock < 0 || put_if_absent(store, "ocib/version", version, err) < 0 ||
        ocib_store_index_make(store, err) < 0) {
        return -1;
    }
    return put_if_absent(store, "oci-layout", LAYOUT_TEXT, err);
}

/* Before anything is touched. A store that isn't there yet has no version. */
static int check_version(const struct ocib_store *store, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    OCIB_AUTO_ERROR struct ocib_error *failed = NULL;
    if (ocib_file_read(store->root_fd, "ocib/version", 4096, &text, OCIB_ESTORE, &failed) < 0) {
        return ocib_error_code(failed) == OCIB_ENOTFOUND
                   ? 0
                   : ocib_store_fail(err, "can't read %s/ocib/version", store->root);
    }
    uint64_t format = 0;
    struct ocib_str word = ocib_str_trim(ocib_buf_str(&text));
    if (!ocib_str_uint(word, 1000000, &format) || format == 0) {
        return ocib_error_set(err, OCIB_ECORRUPT, "store %s: ocib/version is not a number",
                              store->root);
    }
    if (format > FORMAT) {
        ocib_error_set(err, OCIB_ESTORE,
                       "store %s has format %d, which a newer ocib made; this one knows format %d",
                       store->root, (int)format, FORMAT);
        return ocib_error_hint_set(err, "use that ocib, or another store with --root");
    }
    return 0;
}

static int check_layout(const struct ocib_store *store, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    OCIB_AUTO_FREE char *version = NULL;
    if (!is_there(store, "oci-layout")) {
        return 0;
    }
    if (ocib_file_read(store->root_fd, "oci-layout", 4096, &text, OCIB_ESTORE, err) < 0) {
        return ocib_error_wrap(err, "store %s", store->root);
    }
    OCIB_AUTO_JSON json_t *json = ocib_json_parse(ocib_buf_str(&text), err);
    if (!json || ocib_json_get_string(json, "imageLayoutVersion", &version, err) < 0) {
        return ocib_error_wrap(err, "store %s: oci-layout", store->root);
    }
    if (!version || !ocib_str_starts(ocib_str(version), "1.")) {
        return ocib_error_set(err, OCIB_ESTORE,
                              "store %s: image layout version \"%.40s\" is not supported",
                              store->root, version ? version : "");
    }
    return 0;
}

/*
 * Unpacked layers are not synced, so they may be trusted only in the boot in which they were made.
 * Where the kernel's boot ID can't be read, they are this process's alone.
 */
static void read_boot(struct ocib_store *store)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (ocib_file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 4096, &text, OCIB_ESTORE,
                       NULL) == 0) {
        struct ocib_str id = ocib_str_trim(ocib_buf_str(&text));
        if (id.len && id.len < sizeof(store->boot)) {
            snprintf(store->boot, sizeof(store->boot), "%.*s", OCIB_STR_ARG(id));
            return;
        }
    }
    char random[17];
    ocib_random_name(random);
    snprintf(store->boot, sizeof(store->boot), "process-%s", random);
}

static int take_lease(struct ocib_store *store, struct ocib_error **err)
{
    store->lease_fd = ocib_lock_try(store->ours_fd, "lease", false, err);
    if (store->lease_fd < 0 && !(err && *err)) {
        ocib_log(store->log, OCIB_LOG_INFO,
                 "waiting for the store %s: its garbage is being collected", store->root);
        store->lease_fd = ocib_lock(store->ours_fd, "lease", false, err);
    }
    return store->lease_fd < 0 ? ocib_error_wrap(err, "store %s", store->root) : 0;
}

static int open_store(struct ocib_store *store, const char *root, struct ocib_error **err)
{
    if (open_root(store, root, err) < 0 || check_version(store, err) < 0 ||
        check_layout(store, err) < 0 || open_folders(store, err) < 0 ||
        take_lease(store, err) < 0) {
        return -1;
    }
    read_boot(store);
    if (make_files(store, err) < 0) {
        return -1;
    }
    ocib_store_sweep_work(store);
    return 0;
}

struct ocib_store *ocib_store_open(const char *root, const struct ocib_log *log,
                                   struct ocib_error **err)
{
    struct ocib_store *store = ocib_new(struct ocib_store);
    struct ocib_error *failed = NULL;
    store->log = log;
    store->root_fd = store->blobs_fd = store->ours_fd = -1;
    store->layers_fd = store->work_fd = store->lease_fd = -1;
    snprintf(store->layers, sizeof(store->layers), "layers");
    if (open_store(store, root, &failed) < 0) {
        ocib_store_close(store);
        store = NULL;
    }
    if (err && !*err) {
        *err = failed;
    } else {
        ocib_error_free(failed);
    }
    return store;
}
