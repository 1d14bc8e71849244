#include "sandbox/caps.h"
#include "sandbox/chroot.h"
#include "sandbox/exe.h"
#include "sandbox/modes.h"
#include "sandbox/obstacles.h"
#include "sandbox/probe.h"
#include "sandbox/sandbox.h"
#include "sandbox/seccomp.h"
#include "sandbox/state.h"
#include "sandbox/supervise.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <unistd.h>

enum ocib_sandbox_mode ocib_sandbox_mode(const struct ocib_sandbox *sandbox)
{
    return sandbox->mode;
}

bool ocib_sandbox_in_userns(const struct ocib_sandbox *sandbox)
{
    return sandbox->in_userns;
}

/* Root of the machine marks what an overlay hides with other attributes than root of its user
 * namespace, though owners are the same. */
const char *ocib_sandbox_layers_form(const struct ocib_sandbox *sandbox)
{
    if (sandbox->mode == OCIB_SANDBOX_SINGLE || sandbox->emulates) {
        return "single"; /* owners are recorded in the files */
    }
    return sandbox->was_root && sandbox->in_userns ? "userns" : NULL;
}

const char *ocib_sandbox_why(const struct ocib_sandbox *sandbox)
{
    return sandbox->why;
}

int ocib_sandbox_fill_tree(struct ocib_sandbox *sandbox, int root_fd, const struct ocib_log *log,
                           struct ocib_error **err)
{
    bool null_only;
    if (sandbox->mode != OCIB_SANDBOX_CHROOT) {
        return 0;
    }
    if (ocib_chroot_fill_dev(root_fd, &null_only, err) < 0) {
        return -1;
    }
    if (null_only && !atomic_exchange(&sandbox->told, true)) {
        ocib_log(log, OCIB_LOG_WARNING,
                 "no device nodes can be made here: for steps /dev/null is an empty file, and "
                 "there is no /dev/zero, full, random, urandom and tty");
    }
    return 0;
}

const char *const *ocib_sandbox_mount_points(void)
{
    static const char *const points[] = {"/proc", "/sys", "/dev", NULL};
    return points;
}

void ocib_sandbox_free(struct ocib_sandbox *sandbox)
{
    if (!sandbox) {
        return;
    }
    struct ocib_buf *filter = atomic_load(&sandbox->filter);
    if (filter) {
        ocib_buf_release(filter);
        free(filter);
    }
    ocib_server_stop(&sandbox->server);
    free(sandbox->why);
    free(sandbox);
}

/* Adds a failed try to the reasons: "<message> (<hint>)". That somebody is not root, nobody needs
 * to be told. */
static void add_reason(struct ocib_buf *why, const struct ocib_error *err)
{
    const char *reason = ocib_error_reason(err);
    if (reason && strcmp(reason, ocib_obstacle_id(OCIB_OBSTACLE_NOT_ROOT)) == 0) {
        return;
    }
    ocib_buf_puts(why, why->len ? "; " : "");
    ocib_buf_puts(why, ocib_error_message(err));
    if (ocib_error_hint(err)) {
        ocib_buf_printf(why, " (%s)", ocib_error_hint(err));
    }
}

/* Enters one mode. Not being able to is a reason, and an error only if it was asked for or the
 * process is left half way in it. *entered says which it was. */
static int try_mode(const struct ocib_mode *mode, bool required, struct ocib_buf *why,
                    bool *entered, struct ocib_error **err)
{
    OCIB_AUTO_ERROR struct ocib_error *failed = NULL;
    bool late = false;
    *entered = mode->enter(&late, &failed) == 0;
    if (*entered) {
        return 0;
    }
    ocib_error_wrap(&failed, "mode %s", mode->name);
    if (late || required) {
        return ocib_error_move(err, ocib_steal(&failed));
    }
    add_reason(why, failed);
    return 0;
}

/* The modes one after the other, best first. */
static int choose(struct ocib_sandbox *sandbox, enum ocib_sandbox_mode wanted,
                  struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf why = {0};
    size_t count;
    const struct ocib_mode *modes = ocib_modes(&count);
    bool entered = false;
    for (size_t i = 0; i < count && !entered; i++) {
        bool required = modes[i].mode == wanted;
        if (!ocib_mode_exists(&modes[i]) || (wanted != OCIB_SANDBOX_AUTO && !required)) {
            continue;
        }
        if (try_mode(&modes[i], required, &why, &entered, err) < 0) {
            return -1;
        }
        sandbox->mode = entered ? modes[i].mode : OCIB_SANDBOX_NONE;
    }
    if (why.len) {
        sandbox->why = ocib_buf_take(&why);
    }
    return 0;
}

/* No steps, but layers keep being written: an ordinary user's user namespace has overlays and
 * owners for them. Where that can't be had, owners are emulated. */
static int choose_none(struct ocib_sandbox *sandbox, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf why = {0};
    bool entered;
    if (geteuid() != 0 &&
        try_mode(ocib_mode_find(OCIB_SANDBOX_USERNS), false, &why, &entered, err) < 0) {
        return -1;
    }
    sandbox->mode = OCIB_SANDBOX_NONE;
    sandbox->why = ocib_strdup("mode none was asked for");
    return 0;
}

/* Without steps and without any privilege, layers keep the owners that they shall have all the
 * same: they are recorded in the files, as in mode single. */
static int emulate_owners(struct ocib_sandbox *sandbox, const struct ocib_log *log)
{
    OCIB_AUTO_ERROR struct ocib_error *failed = NULL;
    if (geteuid() == 0 && (ocib_caps_effective() & UINT64_C(1) << CAP_CHOWN)) {
        return 0;
    }
    sandbox->emulates = ocib_supervise_this(&failed) == 0;
    if (!sandbox->emulates) {
        ocib_log(log, OCIB_LOG_DEBUG, "%s", ocib_error_message(failed));
    }
    return 0;
}

/* A /proc that has covers may still be had anew, if another one is mounted somewhere: so it is
 * tried. */
static bool shows_outer_proc(const struct ocib_sandbox *sandbox)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    if (!ocib_mode_may_show_outer_proc(sandbox->mode) || ocib_probe_proc_covers() <= 0 ||
        ocib_probe_step(false, &err) == 0) {
        return false;
    }
    const char *reason = ocib_error_reason(err);
    return reason && strcmp(reason, ocib_obstacle_id(OCIB_OBSTACLE_PROC_MASKED)) == 0;
}

static int get_ready(struct ocib_sandbox *sandbox, const struct ocib_log *log,
                     struct ocib_error **err)
{
    if (sandbox->mode == OCIB_SANDBOX_NONE) {
        return emulate_owners(sandbox, log);
    }
    OCIB_AUTO_FD int exe_fd = ocib_sandbox_exe_open(err);
    if (exe_fd < 0) {
        return -1;
    }
    OCIB_AUTO_FD int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_fd < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't open /dev/null");
    }
    if (ocib_server_start(exe_fd, null_fd, &sandbox->server, err) < 0) {
        return -1;
    }
    if (shows_outer_proc(sandbox)) {
        ocib_log(log, OCIB_LOG_INFO,
                 "steps see this container's own /proc, with the names of its processes: it is "
                 "masked, so the kernel makes no new one (see: ocib doctor)");
    }
    if (!ocib_seccomp_available()) {
        ocib_log(log, OCIB_LOG_WARNING,
                 "steps run without a seccomp filter: ocib was built without libseccomp");
    }
    /* After the server has started, whose steps have supervisors of their own. */
    return sandbox->mode == OCIB_SANDBOX_SINGLE ? ocib_supervise_this(err) : 0;
}

struct ocib_sandbox *ocib_sandbox_enter(enum ocib_sandbox_mode mode, const struct ocib_log *log,
                                        struct ocib_error **err)
{
    OCIB_AUTO(ocib_sandbox_cleanup) struct ocib_sandbox *sandbox = ocib_new(struct ocib_sandbox);
    sandbox->server = (struct ocib_server){{0, -1}, -1};
    sandbox->mode = OCIB_SANDBOX_NONE;
    sandbox->was_root = geteuid() == 0 && !ocib_probe_in_userns();
    int chosen = mode == OCIB_SANDBOX_NONE ? choose_none(sandbox, err) : choose(sandbox, mode, err);
    if (chosen < 0 || get_ready(sandbox, log, err) < 0) {
        return NULL;
    }
    sandbox->in_userns = ocib_probe_in_userns();
    if (mode == OCIB_SANDBOX_AUTO && sandbox->mode == OCIB_SANDBOX_CHROOT) {
        ocib_log(log, OCIB_LOG_WARNING,
                 "steps run in mode chroot: without /proc and /sys, and not kept apart from other "
                 "processes of this container; ocib doctor says what keeps better modes from "
                 "working");
    }
    ocib_log(log, OCIB_LOG_DEBUG, "sandbox mode %s%s%s", ocib_sandbox_mode_name(sandbox->mode),
             sandbox->why ? ": " : "", sandbox->why ? sandbox->why : "");
    return ocib_steal(&sandbox);
}
