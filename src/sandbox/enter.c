#include "sandbox/exe.h"
#include "sandbox/probe.h"
#include "sandbox/sandbox.h"
#include "sandbox/seccomp.h"
#include "sandbox/state.h"
#include "sandbox/userns.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <unistd.h>

static const char *const names[] = {
    [OCIB_SANDBOX_AUTO] = "auto",
    [OCIB_SANDBOX_ROOT] = "root",
    [OCIB_SANDBOX_USERNS] = "userns",
    [OCIB_SANDBOX_NONE] = "none",
};

int ocib_sandbox_mode_parse(const char *name, enum ocib_sandbox_mode *out, struct ocib_error **err)
{
    for (size_t i = 0; i < OCIB_COUNT(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (enum ocib_sandbox_mode)i;
            return 0;
        }
    }
    static const char *const later[] = {"single", "chroot", "traced"};
    for (size_t i = 0; i < OCIB_COUNT(later); i++) {
        if (strcmp(name, later[i]) == 0) {
            ocib_error_set(err, OCIB_EUSAGE, "sandbox mode %s is not in this version of ocib",
                           name);
            return ocib_error_hint_set(err, "modes: auto, root, userns, none");
        }
    }
    ocib_error_set(err, OCIB_EUSAGE, "unknown sandbox mode %s", name);
    return ocib_error_hint_set(err, "modes: auto, root, userns, none");
}

const char *ocib_sandbox_mode_name(enum ocib_sandbox_mode mode)
{
    return names[mode];
}

enum ocib_sandbox_mode ocib_sandbox_mode(const struct ocib_sandbox *sandbox)
{
    return sandbox->mode;
}

bool ocib_sandbox_in_userns(const struct ocib_sandbox *sandbox)
{
    return sandbox->in_userns;
}

const char *ocib_sandbox_why(const struct ocib_sandbox *sandbox)
{
    return sandbox->why;
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

static int try_root(struct ocib_error **err)
{
    if (geteuid() != 0) {
        return ocib_error_set(err, OCIB_ESANDBOX, "mode root: this process is not root (uid %u)",
                              (unsigned)geteuid());
    }
    if (ocib_probe_ids(err) < 0 || ocib_probe_step(err) < 0) {
        return ocib_error_wrap(err, "mode root");
    }
    return 0;
}

/* Adds a failed try to the reasons: "<message> (<hint>)". */
static void add_reason(struct ocib_buf *why, const struct ocib_error *err)
{
    ocib_buf_puts(why, why->len ? "; " : "");
    ocib_buf_puts(why, ocib_error_message(err));
    if (ocib_error_hint(err)) {
        ocib_buf_printf(why, " (%s)", ocib_error_hint(err));
    }
}

static int hand_over(struct ocib_error **err, struct ocib_error **failed)
{
    return ocib_error_move(err, ocib_steal(failed));
}

/* Enters mode userns. Not being able to is a reason, and an error only if it was asked for or the
 * process is left half way in the namespace. */
static int try_userns(struct ocib_sandbox *sandbox, bool required, struct ocib_buf *why,
                      struct ocib_error **err)
{
    OCIB_AUTO_ERROR struct ocib_error *failed = NULL;
    bool joined = false;
    if (ocib_userns_enter(&joined, &failed) == 0) {
        sandbox->mode = OCIB_SANDBOX_USERNS;
        return 0;
    }
    ocib_error_wrap(&failed, "mode userns");
    if (joined || required) {
        return hand_over(err, &failed);
    }
    add_reason(why, failed);
    return 0;
}

/* The better modes one after the other, each tried. */
static int choose(struct ocib_sandbox *sandbox, enum ocib_sandbox_mode wanted,
                  struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf why = {0};
    OCIB_AUTO_ERROR struct ocib_error *failed = NULL;
    if (wanted != OCIB_SANDBOX_USERNS && try_root(&failed) == 0) {
        sandbox->mode = OCIB_SANDBOX_ROOT;
        return 0;
    }
    if (wanted == OCIB_SANDBOX_ROOT) {
        return hand_over(err, &failed);
    }
    if (wanted == OCIB_SANDBOX_USERNS) {
        ocib_error_set(&failed, OCIB_ESANDBOX, "mode root: not wanted");
    }
    add_reason(&why, failed);
    if (try_userns(sandbox, wanted == OCIB_SANDBOX_USERNS, &why, err) < 0) {
        return -1;
    }
    sandbox->why = ocib_buf_take(&why);
    return 0;
}

/* No steps, but layers keep being written: an ordinary user needs a user namespace for overlays and
 * owners all the same. Where that can't be had, only what needs it fails, and says so. */
static int choose_none(struct ocib_sandbox *sandbox, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf why = {0};
    if (geteuid() != 0 && try_userns(sandbox, false, &why, err) < 0) {
        return -1;
    }
    sandbox->mode = OCIB_SANDBOX_NONE;
    sandbox->why = ocib_strdup("mode none was asked for");
    return 0;
}

static int get_ready(struct ocib_sandbox *sandbox, const struct ocib_log *log,
                     struct ocib_error **err)
{
    if (sandbox->mode == OCIB_SANDBOX_NONE) {
        return 0;
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
    if (!ocib_seccomp_available()) {
        ocib_log(log, OCIB_LOG_WARNING,
                 "steps run without a seccomp filter: ocib was built without libseccomp");
    }
    return 0;
}

struct ocib_sandbox *ocib_sandbox_enter(enum ocib_sandbox_mode mode, const struct ocib_log *log,
                                        struct ocib_error **err)
{
    OCIB_AUTO(ocib_sandbox_cleanup) struct ocib_sandbox *sandbox = ocib_new(struct ocib_sandbox);
    sandbox->server = (struct ocib_server){{0, -1}, -1};
    sandbox->mode = OCIB_SANDBOX_NONE;
    int chosen = mode == OCIB_SANDBOX_NONE ? choose_none(sandbox, err) : choose(sandbox, mode, err);
    if (chosen < 0 || get_ready(sandbox, log, err) < 0) {
        return NULL;
    }
    sandbox->in_userns = ocib_probe_in_userns();
    ocib_log(log, OCIB_LOG_DEBUG, "sandbox mode %s%s%s", ocib_sandbox_mode_name(sandbox->mode),
             sandbox->why ? ": " : "", sandbox->why ? sandbox->why : "");
    return ocib_steal(&sandbox);
}
