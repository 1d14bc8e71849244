#include "sandbox/modes.h"

#include "base/buf.h"
#include "sandbox/chroot.h"
#include "sandbox/obstacles.h"
#include "sandbox/probe.h"
#include "sandbox/single.h"
#include "sandbox/userns.h"

#include <unistd.h>

int ocib_root_try(struct ocib_error **err)
{
    if (geteuid() != 0) {
        ocib_error_set(err, OCIB_ESANDBOX, "this process is not root (uid %u)",
                       (unsigned)geteuid());
        return ocib_obstacle_add(err, OCIB_OBSTACLE_NOT_ROOT, NULL);
    }
    return ocib_probe_ids(err) < 0 ? -1 : ocib_probe_step(false, err);
}

static int enter_root(bool *late, struct ocib_error **err)
{
    *late = false;
    return ocib_root_try(err);
}

static const struct ocib_mode modes[] = {
    {OCIB_SANDBOX_ROOT, "root", "namespaces of root", ocib_root_try, enter_root},
    {OCIB_SANDBOX_USERNS, "userns", "a user namespace with subordinate ids", ocib_userns_try,
     ocib_userns_enter},
    {OCIB_SANDBOX_SINGLE, "single", "a user namespace with one id", ocib_single_try,
     ocib_single_enter},
    {OCIB_SANDBOX_CHROOT, "chroot", "a copied tree without namespaces", ocib_chroot_try,
     ocib_chroot_enter},
    {OCIB_SANDBOX_TRACED, "traced", "no privilege at all", NULL, NULL},
};

const struct ocib_mode *ocib_modes(size_t *count)
{
    *count = OCIB_COUNT(modes);
    return modes;
}

const struct ocib_mode *ocib_mode_find(enum ocib_sandbox_mode mode)
{
    for (size_t i = 0; i < OCIB_COUNT(modes); i++) {
        if (modes[i].mode == mode) {
            return &modes[i];
        }
    }
    return NULL;
}

/* Steps are in a user namespace of their own: the kernel then keeps them from everything of outer
 * processes but what all users see, such as their names and arguments. */
bool ocib_mode_may_show_outer_proc(enum ocib_sandbox_mode mode)
{
    return mode == OCIB_SANDBOX_USERNS || mode == OCIB_SANDBOX_SINGLE;
}

bool ocib_mode_exists(const struct ocib_mode *mode)
{
    return mode->enter != NULL;
}

const char *ocib_sandbox_mode_name(enum ocib_sandbox_mode mode)
{
    const struct ocib_mode *found = ocib_mode_find(mode);
    return found ? found->name : mode == OCIB_SANDBOX_NONE ? "none" : "auto";
}

static int hint_modes(struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    for (size_t i = 0; i < OCIB_COUNT(modes); i++) {
        if (ocib_mode_exists(&modes[i])) {
            ocib_buf_printf(&text, ", %s", modes[i].name);
        }
    }
    return ocib_error_hint_set(err, "modes: auto%s, none", text.data);
}

int ocib_sandbox_mode_parse(const char *name, enum ocib_sandbox_mode *out, struct ocib_error **err)
{
    if (strcmp(name, "auto") == 0 || strcmp(name, "none") == 0) {
        *out = name[0] == 'a' ? OCIB_SANDBOX_AUTO : OCIB_SANDBOX_NONE;
        return 0;
    }
    for (size_t i = 0; i < OCIB_COUNT(modes); i++) {
        if (strcmp(name, modes[i].name) == 0 && ocib_mode_exists(&modes[i])) {
            *out = modes[i].mode;
            return 0;
        }
        if (strcmp(name, modes[i].name) == 0) {
            ocib_error_set(err, OCIB_EUSAGE, "sandbox mode %s is not in this version of ocib",
                           name);
            return hint_modes(err);
        }
    }
    ocib_error_set(err, OCIB_EUSAGE, "unknown sandbox mode %s", name);
    return hint_modes(err);
}
