#include "build/throwaway.h"

#include "base/mem.h"
#include "build/network_files.h"
#include "build/stage.h"
#include "rootfs/snapshot.h"
#include "rootfs/users.h"
#include "sys/fd.h"
#include "sys/mount.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- volumes ---------------------------------------------------------------------------------- */

static int wrong_volume(const char *text, const char *why, struct ocib_error **err)
{
    ocib_error_set(err, OCIB_EUSAGE, "--volume '%s': %s", text, why);
    return ocib_error_hint_set(err, "use FOLDER:TARGET or FOLDER:TARGET:ro, with paths from / on");
}

int ocib_volume_parse(const char *text, struct ocib_volumes *out, struct ocib_error **err)
{
    struct ocib_str rest = ocib_str(text);
    struct ocib_str source = {"", 0};
    struct ocib_str target = {"", 0};
    if (!ocib_str_cut(&rest, ':', &source) || !ocib_str_cut(&rest, ':', &target)) {
        return wrong_volume(text, "it has no target", err);
    }
    if (!ocib_str_starts(source, "/") && !ocib_str_starts(source, ".")) {
        return wrong_volume(text, "there are no named volumes", err);
    }
    OCIB_AUTO_FREE char *clean = ocib_path_clean(target);
    if (!ocib_str_starts(target, "/") || strcmp(clean, "/") == 0) {
        return wrong_volume(text, "the target is no path below /", err);
    }
    if (rest.len && !ocib_str_is(rest, "ro") && !ocib_str_is(rest, "rw")) {
        return wrong_volume(text, "options are ro and rw", err);
    }
    ocib_vec_push(out, ((struct ocib_volume){.source = ocib_str_dup(source),
                                             .target = ocib_steal(&clean),
                                             .read_only = ocib_str_is(rest, "ro")}));
    return 0;
}

void ocib_volumes_release(struct ocib_volumes *volumes)
{
    for (size_t i = 0; i < volumes->len; i++) {
        free(volumes->items[i].source);
        free(volumes->items[i].target);
    }
    ocib_vec_release(volumes);
}

/* --- the command ------------------------------------------------------------------------------ */

static void append(struct ocib_strings *out, const struct ocib_strings *words)
{
    for (size_t i = 0; i < words->len; i++) {
        ocib_strings_push(out, words->items[i]);
    }
}

void ocib_throwaway_command(const struct ocib_config *config, const char *entrypoint,
                            const struct ocib_strings *words, struct ocib_strings *out)
{
    if (!entrypoint) {
        append(out, &config->entrypoint);
    } else if (*entrypoint) {
        ocib_strings_push(out, entrypoint);
    }
    append(out, words->len || entrypoint ? words : &config->cmd);
}

/* --- running ---------------------------------------------------------------------------------- */

enum { PROVIDED_MAX = 16 + OCIB_STEP_MOUNTS_MAX };

/* All that a run holds. */
struct running {
    const struct ocib_throwaway *run;
    struct ocib_build build; /* for what builds share: only its env is there */
    struct ocib_tree_source image;
    struct ocib_strings lowers;
    struct ocib_work work;
    struct ocib_network_files files;
    struct ocib_provided provided[PROVIDED_MAX];
    size_t provided_count;
    struct ocib_step_mount mounts[OCIB_STEP_MOUNTS_MAX];
    size_t mount_count;
    struct ocib_strings argv;
    struct ocib_strings env;
    struct ocib_user user;
};

static void running_release(struct running *running)
{
    for (size_t i = 0; i < running->mount_count; i++) {
        ocib_fd_cleanup(&running->mounts[i].fd);
    }
    ocib_tree_source_release(&running->image);
    ocib_strings_release(&running->lowers);
    ocib_work_release(&running->work);
    ocib_network_files_release(&running->files);
    ocib_strings_release(&running->argv);
    ocib_strings_release(&running->env);
    ocib_user_release(&running->user);
}

static int by_target(const void *a, const void *b)
{
    const struct ocib_step_mount *left = a;
    const struct ocib_step_mount *right = b;
    return strcmp(left->target, right->target);
}

static int open_volume(struct running *running, const struct ocib_volume *volume,
                       struct ocib_error **err)
{
    struct stat st;
    OCIB_AUTO_FD int source = open(volume->source, O_PATH | O_CLOEXEC);
    if (source < 0 || fstat(source, &st) < 0) {
        return ocib_error_set_errno(err, OCIB_EUSAGE, "--volume: can't open %s", volume->source);
    }
    OCIB_AUTO_FD int mount = ocib_mount_clone(source, "", true);
    unsigned attributes = OCIB_MOUNT_NODEV | (volume->read_only ? OCIB_MOUNT_RDONLY : 0U);
    if (mount < 0 || ocib_mount_restrict(mount, attributes, true) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't mount %s", volume->source);
    }
    running->provided[running->provided_count++] =
        (struct ocib_provided){.path = volume->target,
                               .follow = true,
                               .is_dir = S_ISDIR(st.st_mode),
                               .mode = S_ISDIR(st.st_mode) ? 0755 : 0644};
    running->mounts[running->mount_count++] =
        (struct ocib_step_mount){ocib_fd_steal(&mount), volume->target};
    return 0;
}

static int open_volumes(struct running *running, struct ocib_error **err)
{
    const struct ocib_volumes *volumes = running->run->volumes;
    if (volumes->len > OCIB_MOUNTS_MAX) {
        return ocib_error_set(err, OCIB_EUSAGE, "more than %d volumes", OCIB_MOUNTS_MAX);
    }
    for (size_t i = 0; i < volumes->len; i++) {
        if (open_volume(running, &volumes->items[i], err) < 0) {
            return -1;
        }
    }
    qsort(running->mounts, running->mount_count, sizeof(running->mounts[0]), by_target);
    return 0;
}

static void make_env(struct running *running)
{
    const struct ocib_throwaway *run = running->run;
    struct ocib_strings *env = &running->env;
    ocib_env_set(env, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    for (int layer = 0; layer < 2; layer++) {
        const struct ocib_strings *list = layer ? run->env : &running->image.config.env;
        for (size_t i = 0; i < list->len; i++) {
            OCIB_AUTO_FREE char *name = ocib_strndup(list->items[i], strcspn(list->items[i], "="));
            const char *value = ocib_env_get(list, name);
            ocib_env_set(env, name, value ? value : "");
        }
    }
    if (run->io && run->io->terminal && !ocib_env_get(env, "TERM")) {
        ocib_env_set(env, "TERM", "xterm");
    }
}

static int prepare(struct running *running, struct ocib_error **err)
{
    const struct ocib_throwaway *run = running->run;
    ocib_network_files_make(run->settings, run->network == OCIB_NETWORK_NONE, &running->files);
    running->provided_count = ocib_network_files_provide(&running->files, running->provided);
    ocib_throwaway_command(&running->image.config, run->entrypoint, run->words, &running->argv);
    if (running->argv.len == 0) {
        ocib_error_set(err, OCIB_EUSAGE, "the image has no command");
        return ocib_error_hint_set(err, "say what to run, behind the image's name");
    }
    make_env(running);
    return open_volumes(running, err);
}

static int run_in(struct running *running, int root_fd, struct ocib_step_result *result,
                  struct ocib_error **err)
{
    const struct ocib_throwaway *run = running->run;
    const struct ocib_config *config = &running->image.config;
    const struct ocib_build_env *env = running->build.env;
    const struct ocib_mkdirs how = {.mode = 0755};
    const char *user = run->user ? run->user : config->user ? config->user : "";
    OCIB_AUTO_FREE char *cwd = ocib_path_clean(ocib_str(run->cwd              ? run->cwd
                                                        : config->working_dir ? config->working_dir
                                                                              : "/"));
    if (ocib_mkdirs_in_root(root_fd, cwd, &how) < 0) {
        return ocib_error_set_errno(err, ocib_error_code_of_errno(errno, OCIB_EBUILD),
                                    "can't make the working directory %s", cwd);
    }
    if (ocib_user_lookup(root_fd, user, &running->user, err) < 0) {
        return -1;
    }
    if (!ocib_env_get(&running->env, "HOME")) {
        const char *home = running->user.home;
        ocib_env_set(&running->env, "HOME", home && *home ? home : "/");
    }
    const struct ocib_step step = {
        .root_fd = root_fd,
        .argv = &running->argv,
        .env = &running->env,
        .cwd = cwd,
        .uid = running->user.uid,
        .gid = running->user.gid,
        .groups = running->user.groups,
        .group_count = running->user.group_count,
        .no_network = run->network == OCIB_NETWORK_NONE,
        .hostname = run->settings->hostname,
        .policy = &run->settings->policy,
        .mounts = running->mounts,
        .mount_count = running->mount_count,
        .output = run->output,
        .data = run->data,
        .io = run->io,
        .interrupted = env->interrupted,
    };
    return ocib_sandbox_run(env->sandbox, &step, result, err);
}

int ocib_throwaway_run(const struct ocib_build_env *env, const struct ocib_throwaway *run,
                       struct ocib_step_result *result, struct ocib_error **err)
{
    const struct ocib_build_request none = {0};
    OCIB_AUTO(running_release)
    struct running running = {
        .run = run, .build = {.env = env, .request = &none}, .work = {.fd = -1, .lock_fd = -1}};
    if (ocib_build_load_image(&running.build, run->image, &running.image, err) < 0 ||
        prepare(&running, err) < 0 ||
        ocib_build_unpack(&running.build, &running.image.layers, &running.lowers, err) < 0 ||
        ocib_store_work_new(env->store, &running.work, err) < 0) {
        return -1;
    }
    const struct ocib_snapshot_options options = {
        .lowers = &running.lowers,
        .work_fd = running.work.fd,
        .work_path = running.work.path,
        .provided = running.provided,
        .provided_count = running.provided_count,
        .userxattr = ocib_sandbox_in_userns(env->sandbox),
    };
    OCIB_AUTO(ocib_snapshot_cleanup)
    struct ocib_snapshot *snapshot = ocib_snapshot_open(&options, err);
    return snapshot ? run_in(&running, ocib_snapshot_fd(snapshot), result, err) : -1;
}
