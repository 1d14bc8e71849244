#include "build/network_files.h"
#include "build/run_mounts.h"

#include "base/mem.h"
#include "rootfs/users.h"
#include "sandbox/foreign.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>

enum {
    TAIL_MAX = 8192, /* bytes of output that an error shows */
    PROVIDED_MAX = 16 + OCIB_MOUNTS_MAX,
};

struct run {
    struct ocib_run_mounts mounts;
    struct ocib_provided provided[PROVIDED_MAX];
    struct ocib_network_files files;
};

/* What the step printed last, for the error if it fails. */
struct tail {
    struct ocib_layer_step *step;
    struct ocib_buf text;
};

static enum ocib_network network_of(const struct ocib_layer_step *step)
{
    enum ocib_network own = step->op->run.network;
    return own == OCIB_NETWORK_DEFAULT ? step->build->request->network : own;
}

static int hash_run(struct ocib_layer_step *step, struct ocib_cache_key *key,
                    struct ocib_error **err)
{
    const struct ocib_run_op *run = &step->op->run;
    struct run *own = step->data;
    ocib_cache_key_list(key, &run->argv);
    ocib_cache_key_list(key, &run->env);
    ocib_cache_key_text(key, run->cwd);
    ocib_cache_key_text(key, run->user);
    ocib_cache_key_number(key, network_of(step) == OCIB_NETWORK_NONE);
    if (run->script) {
        ocib_cache_key_text(key, run->script);
    }
    OCIB_AUTO_STRINGS struct ocib_strings settings = {0};
    ocib_step_settings_key(step->build->request->settings, &settings);
    if (run->insecure) {
        ocib_strings_push(&settings, "insecure");
    }
    if (settings.len) {
        ocib_cache_key_text(key, "settings");
        ocib_cache_key_list(key, &settings);
    }
    return ocib_run_mounts_hash(&own->mounts, key, err);
}

static void take_output(void *data, int stream, const char *bytes, size_t len)
{
    struct tail *tail = data;
    const struct ocib_progress *progress = tail->step->build->env->progress;
    if (progress) {
        progress->output(progress->data, tail->step->info, stream, (struct ocib_str){bytes, len});
    }
    ocib_buf_add(&tail->text, bytes, len);
    if (tail->text.len > 4 * TAIL_MAX) {
        memmove(tail->text.data, tail->text.data + tail->text.len - TAIL_MAX, TAIL_MAX + 1);
        tail->text.len = TAIL_MAX;
    }
}

/* The last whole lines that fit. */
static struct ocib_str last_lines(const struct tail *tail)
{
    struct ocib_str text = ocib_buf_str(&tail->text);
    if (text.len > TAIL_MAX) {
        text = ocib_str_sub(text, text.len - TAIL_MAX, text.len);
        ptrdiff_t line = ocib_str_find(text, '\n');
        text = line < 0 ? text : ocib_str_sub(text, (size_t)line + 1, text.len);
    }
    return text;
}

static int report_failure(const struct ocib_layer_step *step, const struct tail *tail,
                          const struct ocib_step_result *result, struct ocib_error **err)
{
    const char *command = step->op->run.command;
    if (result->signal) {
        ocib_error_at(err, OCIB_EBUILD, step->op->span,
                      "the command was ended by signal %d (%s): %s", result->signal,
                      strsignal(result->signal), command);
    } else {
        ocib_error_at(err, OCIB_EBUILD, step->op->span,
                      "the command failed with exit status %d: %s", result->exit_status, command);
    }
    if (result->exit_status == 127) {
        ocib_error_hint_set(err,
                            "a command was not found: is it installed in the image, and in PATH?");
    }
    ocib_error_detail_set(err, last_lines(tail));
    return ocib_error_step_status_set(err, result->exit_status);
}

/* As runc does: HOME of the user's entry, empty or not, unless the image sets it. */
static void complete_env(struct ocib_strings *env, const struct ocib_user *user)
{
    if (!ocib_env_get(env, "HOME")) {
        ocib_env_set(env, "HOME", user->home ? user->home : "/");
    }
}

static int run_in(struct ocib_layer_step *step, int root_fd, const struct ocib_user *user,
                  struct ocib_error **err)
{
    const struct ocib_build_env *env = step->build->env;
    OCIB_AUTO_STRINGS struct ocib_strings vars = {0};
    ocib_strings_copy(&vars, &step->op->run.env);
    ocib_strings_copy(&vars, &step->op->run.secret_env);
    struct run *own = step->data;
    if (ocib_run_mounts_env(&own->mounts, &vars, err) < 0) {
        return -1;
    }
    complete_env(&vars, user);
    struct tail tail = {.step = step};
    ocib_buf_init(&tail.text);
    struct ocib_step spec = {
        .root_fd = root_fd,
        .argv = &step->op->run.argv,
        .env = &vars,
        .cwd = step->op->run.cwd,
        .uid = user->uid,
        .gid = user->gid,
        .groups = user->groups,
        .group_count = user->group_count,
        .no_network = network_of(step) == OCIB_NETWORK_NONE,
        .hostname = step->build->request->settings->hostname,
        .policy = &step->build->request->settings->policy,
        .insecure = step->op->run.insecure,
        .mounts = own->mounts.made.items,
        .mount_count = own->mounts.made.len,
        .io = step->build->request->on_fail,
        .output = take_output,
        .data = &tail,
        .interrupted = env->interrupted,
    };
    struct ocib_step_result result = {0};
    int failed = ocib_sandbox_run(env->sandbox, &spec, &result, err);
    if (!failed && result.exit_status != 0) {
        failed = report_failure(step, &tail, &result, err);
    }
    ocib_buf_release(&tail.text);
    return failed;
}

/* Said before the first step of the stage runs. It is no error: an image may be called one thing
 * and hold another. */
static void warn_foreign(struct ocib_layer_step *step)
{
    const struct ocib_platform *platform = &step->state->config.platform;
    bool first = !step->state->has_run;
    step->state->has_run = true;
    if (!first || ocib_sandbox_runs_architecture(platform->architecture)) {
        return;
    }
    OCIB_AUTO_FREE char *name = ocib_platform_format(platform);
    ocib_log_at(
        step->build->env->log, OCIB_LOG_WARNING, step->op->span,
        "the image is for %s, and nothing on this machine runs programs of %s: \"exec format "
        "error\" is to be expected; install an emulator (qemu-user-static, binfmt_misc), or "
        "run steps in a stage FROM --platform=$BUILDPLATFORM and copy from that",
        name, platform->architecture);
}

/* With its mounts, which are taken out of the tree again if they are in it. */
static int run_with_mounts(struct ocib_layer_step *step, int root_fd, const struct ocib_user *user,
                           struct ocib_error **err)
{
    const struct ocib_build_env *env = step->build->env;
    struct run *own = step->data;
    int failed = ocib_sandbox_fill_tree(env->sandbox, root_fd, env->log, err) < 0 ||
                 ocib_run_mounts_finish(&own->mounts, root_fd, err) < 0 ||
                 run_in(step, root_fd, user, err) < 0;
    ocib_run_mounts_end(&own->mounts);
    return ocib_run_mounts_take_back(&own->mounts, err) < 0 || failed ? -1 : 0;
}

static int apply_run(struct ocib_layer_step *step, int root_fd, struct ocib_error **err)
{
    const struct ocib_run_op *run = &step->op->run;
    OCIB_AUTO(ocib_user_release) struct ocib_user user = {0};
    if (ocib_user_lookup(root_fd, run->user, &user, err) < 0) {
        return -1;
    }
    warn_foreign(step);
    struct ocib_mkdirs how = {.mode = 0755, .uid = user.uid, .gid = user.gid};
    return ocib_make_cwd(root_fd, run->cwd, &how, err) < 0
               ? -1
               : run_with_mounts(step, root_fd, &user, err);
}

static int prepare_run(struct ocib_layer_step *step, struct ocib_error **err)
{
    struct run *own = step->data;
    if (ocib_run_mounts_prepare(&own->mounts, err) < 0) {
        return -1;
    }
    ocib_run_mounts_provide(&own->mounts, own->provided, &step->provided_count);
    return 0;
}

static void run_release(struct run *own)
{
    ocib_run_mounts_release(&own->mounts);
    ocib_network_files_release(&own->files);
}

int ocib_step_run(struct ocib_layer_step *step, struct ocib_error **err)
{
    OCIB_AUTO(run_release) struct run own = {0};
    ocib_network_files_make(step->build->request->settings, network_of(step) == OCIB_NETWORK_NONE,
                            &own.files);
    if (ocib_run_mounts_open(&own.mounts, step, err) < 0) {
        return -1;
    }
    step->kind = "run";
    step->data = &own;
    step->hash = hash_run;
    step->prepare = prepare_run;
    step->apply = apply_run;
    step->provided = own.provided;
    step->provided_count = ocib_network_files_provide(&own.files, own.provided);
    int failed = ocib_layer_step_run(step, err);
    step->provided = NULL;
    step->provided_count = 0;
    step->data = NULL;
    return failed;
}
