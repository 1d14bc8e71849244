#include "sandbox/obstacles.h"

#include "base/buf.h"
#include "base/mem.h"
#include "sandbox/caps.h"
#include "sandbox/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

/* "{}" stands for the argument. */
static const struct {
    const char *id;
    const char *remedy;
} table[] = {
    [OCIB_OBSTACLE_NOT_ROOT] = {"not-root", "run ocib as root"},
    [OCIB_OBSTACLE_ONE_ID] = {"one-id", "start ocib outside of this user namespace: it makes its "
                                        "own with all subordinate ids"},
    [OCIB_OBSTACLE_CAPABILITY] = {"capability",
                                  "root has no CAP_SYS_ADMIN here: start its container with "
                                  "--cap-add SYS_ADMIN, or run ocib as an ordinary user"},
    [OCIB_OBSTACLE_USERNS_SYSCTL] =
        {"userns-sysctl", "allow user namespaces: sysctl -w kernel.unprivileged_userns_clone=1"},
    [OCIB_OBSTACLE_USERNS_APPARMOR] =
        {"userns-apparmor",
         "AppArmor restricts user namespaces: install the profile contrib/apparmor/ocib, or "
         "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
    [OCIB_OBSTACLE_USERNS_CHROOT] =
        {"userns-chroot", "this process is in a chroot, where the kernel makes no user namespaces: "
                          "start ocib outside of it"},
    [OCIB_OBSTACLE_NAMESPACE_LIMIT] = {"namespace-limit",
                                       "allow more namespaces: sysctl -w user.{}=15000"},
    [OCIB_OBSTACLE_PROCESS_LIMIT] =
        {"process-limit", "no process can be started: raise the limit with ulimit -u, or the pids "
                          "limit of the container"},
    [OCIB_OBSTACLE_KERNEL] = {"kernel", "the kernel was built without these namespaces "
                                        "(CONFIG_USER_NS, CONFIG_PID_NS): use another one"},
    [OCIB_OBSTACLE_SECCOMP] =
        {"seccomp", "a seccomp profile confines this process: start its container with one that "
                    "allows unshare and mount (docker run --security-opt seccomp=unconfined "
                    "--security-opt apparmor=unconfined; Kubernetes securityContext: "
                    "{seccompProfile: {type: Unconfined}, appArmorProfile: {type: Unconfined}})"},
    [OCIB_OBSTACLE_REFUSED] = {"refused", "this machine or container forbids user namespaces to "
                                          "ordinary users"},
    [OCIB_OBSTACLE_SUBIDS_NONE] = {"subids-none", "give it some, as root: usermod {}"},
    [OCIB_OBSTACLE_SUBIDS_OUTSIDE] =
        {"subids-outside", "{} must name ids that this user namespace has: see /proc/self/uid_map "
                           "and gid_map"},
    [OCIB_OBSTACLE_IDMAP_TOOL] =
        {"idmap-tool",
         "install the package that has {} (uidmap on Debian and Ubuntu, shadow-utils on Fedora)"},
    [OCIB_OBSTACLE_NO_NEW_PRIVS] =
        {"no-new-privs",
         "no_new_privs is set for this process, so newuidmap and newgidmap get no privilege: start "
         "without it (docker: without no-new-privileges, Kubernetes: "
         "allowPrivilegeEscalation: true)"},
    [OCIB_OBSTACLE_IDMAP_REFUSED] =
        {"idmap-refused",
         "newuidmap and newgidmap must be set-uid root (or have the file capability), the ranges "
         "in {} must be the user's own, and no_new_privs must not be set"},
    [OCIB_OBSTACLE_IDMAP_BOUNDING] =
        {"idmap-bounding",
         "set-uid root they need CAP_SYS_ADMIN, which this container doesn't have; with file "
         "capabilities they do without: chmod u-s /usr/bin/newuidmap /usr/bin/newgidmap; setcap "
         "cap_setuid=ep /usr/bin/newuidmap; setcap cap_setgid=ep /usr/bin/newgidmap"},
    [OCIB_OBSTACLE_IDMAP_CAPABILITY] =
        {"idmap-capability", "root needs CAP_SETUID, CAP_SETGID and CAP_SETFCAP to map ids: start "
                             "its container with them"},
    [OCIB_OBSTACLE_SUBIDS_FEW] =
        {"subids-few", "images whose files belong to ids up to 65535 need as many: give the user "
                       "larger ranges in /etc/subuid and /etc/subgid"},
    [OCIB_OBSTACLE_FILE_LIMIT] = {"file-limit", "raise the limit of open files: ulimit -n 1024"},
    [OCIB_OBSTACLE_PROC_MASKED] =
        {"proc-masked",
         "in a container whose /proc is partly masked the kernel refuses a new one: start that "
         "container with an unmasked /proc (docker run --security-opt systempaths=unconfined; "
         "Kubernetes procMount: Unmasked)"},
    [OCIB_OBSTACLE_OVERLAY_KERNEL] = {"overlay-kernel",
                                      "the kernel has no overlayfs: load it with modprobe overlay"},
    [OCIB_OBSTACLE_NO_LIBSECCOMP] =
        {"no-libseccomp", "compile ocib with libseccomp: meson configure -Dseccomp=enabled"},
};
_Static_assert(OCIB_COUNT(table) == OCIB_OBSTACLE_COUNT, "each obstacle has a row");

const char *ocib_obstacle_id(enum ocib_obstacle obstacle)
{
    return table[obstacle].id;
}

char *ocib_obstacle_remedy(enum ocib_obstacle obstacle, const char *arg)
{
    const char *text = table[obstacle].remedy;
    const char *hole = strstr(text, "{}");
    if (!hole) {
        return ocib_strdup(text);
    }
    return ocib_format("%.*s%s%s", (int)(hole - text), text, arg ? arg : "", hole + 2);
}

int ocib_obstacle_add(struct ocib_error **err, enum ocib_obstacle obstacle, const char *arg)
{
    if (err && *err && !ocib_error_reason(*err)) {
        OCIB_AUTO_FREE char *remedy = ocib_obstacle_remedy(obstacle, arg);
        ocib_error_reason_set(err, table[obstacle].id);
        ocib_error_hint_replace(err, remedy);
    }
    return -1;
}

/* Of the limits of user_namespaces(7) and namespaces(7): the one that is 0, else the usual one. */
static const char *find_limit(void)
{
    static const char *const limits[] = {"max_user_namespaces", "max_mnt_namespaces",
                                         "max_pid_namespaces",  "max_ipc_namespaces",
                                         "max_uts_namespaces",  "max_net_namespaces"};
    for (size_t i = 0; i < OCIB_COUNT(limits); i++) {
        OCIB_AUTO_FREE char *path = ocib_format("/proc/sys/user/%s", limits[i]);
        if (ocib_probe_file_is(path, "0")) {
            return limits[i];
        }
    }
    return limits[0];
}

/* unshare(2): EPERM for CLONE_NEWUSER if the root folder is not that of the mount namespace. */
static bool in_chroot(void)
{
    struct statx st;
    return statx(AT_FDCWD, "/", 0, 0, &st) == 0 &&
           (st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
           !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static int explain_permission(struct ocib_error **err)
{
    bool has_admin = ocib_caps_effective() & UINT64_C(1) << CAP_SYS_ADMIN;
    if (ocib_probe_status_has("Seccomp:\t2")) {
        return ocib_obstacle_add(err, OCIB_OBSTACLE_SECCOMP, NULL);
    }
    if (geteuid() == 0 && !has_admin) {
        return ocib_obstacle_add(err, OCIB_OBSTACLE_CAPABILITY, NULL);
    }
    if (ocib_probe_file_is("/proc/sys/kernel/unprivileged_userns_clone", "0")) {
        return ocib_obstacle_add(err, OCIB_OBSTACLE_USERNS_SYSCTL, NULL);
    }
    if (ocib_probe_file_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1")) {
        return ocib_obstacle_add(err, OCIB_OBSTACLE_USERNS_APPARMOR, NULL);
    }
    if (in_chroot()) {
        return ocib_obstacle_add(err, OCIB_OBSTACLE_USERNS_CHROOT, NULL);
    }
    return ocib_obstacle_add(err, OCIB_OBSTACLE_REFUSED, NULL);
}

int ocib_obstacle_explain(struct ocib_error **err, int error)
{
    switch (error) {
    case EAGAIN:
        return ocib_obstacle_add(err, OCIB_OBSTACLE_PROCESS_LIMIT, NULL);
    case ENOSPC:
    case EUSERS:
        return ocib_obstacle_add(err, OCIB_OBSTACLE_NAMESPACE_LIMIT, find_limit());
    case ENOSYS:
    case EINVAL:
        return ocib_obstacle_add(err,
                                 ocib_probe_status_has("Seccomp:\t2") ? OCIB_OBSTACLE_SECCOMP
                                                                      : OCIB_OBSTACLE_KERNEL,
                                 NULL);
    case EPERM:
    case EACCES:
        return explain_permission(err);
    default:
        return -1;
    }
}
