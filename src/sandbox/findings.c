#include "sandbox/findings.h"

#include "base/mem.h"
#include "sandbox/modes.h"
#include "sandbox/obstacles.h"
#include "sandbox/probe.h"
#include "sandbox/seccomp.h"
#include "sandbox/userns.h"
#include "sys/file.h"
#include "sys/path.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
    SMALL_FILE_MAX = 1 << 20,
    /* statfs(2) */
    CGROUP2_MAGIC = 0x63677270,
    /* Steps with many mounts and layers with many folders need descriptors. */
    FILES_WANTED = 1024,
};

static const char machine[] = "machine";

void ocib_findings_release(struct ocib_findings *findings)
{
    for (size_t i = 0; i < findings->len; i++) {
        free(findings->items[i].text);
        free(findings->items[i].reason);
        free(findings->items[i].remedy);
    }
    ocib_vec_release(findings);
}

struct ocib_finding *ocib_findings_add(struct ocib_findings *findings, const char *group,
                                       const char *name, enum ocib_finding_verdict verdict,
                                       char *text)
{
    struct ocib_finding *finding = ocib_vec_add(findings);
    *finding =
        (struct ocib_finding){.group = group, .name = name, .verdict = verdict, .text = text};
    return finding;
}

struct ocib_finding *ocib_findings_add_error(struct ocib_findings *findings, const char *group,
                                             const char *name, const struct ocib_error *err)
{
    struct ocib_finding *finding = ocib_findings_add(findings, group, name, OCIB_FINDING_NO,
                                                     ocib_strdup(ocib_error_message(err)));
    finding->reason = ocib_strdup(ocib_error_reason(err));
    finding->remedy = ocib_strdup(ocib_error_hint(err));
    return finding;
}

static void remedy_of(struct ocib_finding *finding, enum ocib_obstacle obstacle, const char *arg)
{
    finding->reason = ocib_strdup(ocib_obstacle_id(obstacle));
    finding->remedy = ocib_obstacle_remedy(obstacle, arg);
}

static void remedy(struct ocib_finding *finding, enum ocib_obstacle obstacle)
{
    remedy_of(finding, obstacle, NULL);
}

void ocib_sandbox_try_modes(struct ocib_findings *out)
{
    size_t count;
    const struct ocib_mode *modes = ocib_modes(&count);
    for (size_t i = 0; i < count; i++) {
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        if (!ocib_mode_exists(&modes[i])) {
            continue;
        }
        if (modes[i].try(&err) == 0) {
            ocib_findings_add(out, "mode", modes[i].name, OCIB_FINDING_YES,
                              ocib_strdup(modes[i].summary));
        } else {
            ocib_findings_add_error(out, "mode", modes[i].name, err);
        }
    }
}

static char *read_line(const char *path)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (ocib_file_read(AT_FDCWD, path, SMALL_FILE_MAX, &text, OCIB_ESANDBOX, NULL) < 0) {
        return NULL;
    }
    struct ocib_str rest = ocib_buf_str(&text);
    struct ocib_str line = {0};
    ocib_str_cut(&rest, '\n', &line);
    return ocib_str_dup((struct ocib_str){line.s, strnlen(line.s ? line.s : "", line.len)});
}

static void kernel(struct ocib_findings *out)
{
    struct utsname name;
    if (uname(&name) == 0) {
        ocib_findings_add(out, machine, "kernel", OCIB_FINDING_NOTE,
                          ocib_format("%s %s %s", name.sysname, name.release, name.machine));
    }
}

static void user(struct ocib_findings *out)
{
    const char *where =
        ocib_probe_in_userns() ? ", in a user namespace" : ", in the first user namespace";
    ocib_findings_add(
        out, machine, "user", OCIB_FINDING_NOTE,
        ocib_format("uid %u, gid %u%s", (unsigned)geteuid(), (unsigned)getegid(), where));
}

static void subordinate_ids(struct ocib_findings *out)
{
    uint64_t users = 0;
    uint64_t groups = 0;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    if (ocib_userns_count_ids(&users, &groups, &err) < 0) {
        ocib_findings_add_error(out, machine, "subordinate ids", err);
        return;
    }
    bool few = users < 65535 || groups < 65535;
    struct ocib_finding *finding =
        ocib_findings_add(out, machine, "subordinate ids", few ? OCIB_FINDING_NO : OCIB_FINDING_YES,
                          ocib_format("%llu users, %llu groups", (unsigned long long)users,
                                      (unsigned long long)groups));
    if (few) {
        remedy(finding, OCIB_OBSTACLE_SUBIDS_FEW);
    }
}

static void privileges(struct ocib_findings *out)
{
    bool set = ocib_probe_status_has("NoNewPrivs:\t1");
    struct ocib_finding *finding =
        ocib_findings_add(out, machine, "no_new_privs", set ? OCIB_FINDING_NO : OCIB_FINDING_YES,
                          ocib_strdup(set ? "set" : "not set"));
    if (set) {
        remedy(finding, OCIB_OBSTACLE_NO_NEW_PRIVS);
    }
}

static void confinement(struct ocib_findings *out)
{
    bool filtered = ocib_probe_status_has("Seccomp:\t2");
    ocib_findings_add(
        out, machine, "seccomp", OCIB_FINDING_NOTE,
        ocib_strdup(filtered ? "a filter confines this process" : "no filter on this process"));
    OCIB_AUTO_FREE char *profile = read_line("/proc/self/attr/current");
    if (profile && *profile) {
        ocib_findings_add(out, machine, "security profile", OCIB_FINDING_NOTE,
                          ocib_strdup(profile));
    }
    if (!ocib_seccomp_available()) {
        ocib_findings_add(out, machine, "filter of steps", OCIB_FINDING_NO,
                          ocib_strdup("ocib was built without libseccomp: steps run without a "
                                      "filter"));
    }
}

static void proc(struct ocib_findings *out)
{
    int covers = ocib_probe_proc_covers();
    if (covers < 0) {
        ocib_findings_add(out, machine, "/proc", OCIB_FINDING_NO, ocib_strdup("it is not mounted"));
        return;
    }
    struct ocib_finding *finding = ocib_findings_add(
        out, machine, "/proc", covers ? OCIB_FINDING_NO : OCIB_FINDING_YES,
        covers ? ocib_format("%d of its paths are covered", covers) : ocib_strdup("not masked"));
    if (covers) {
        remedy(finding, OCIB_OBSTACLE_PROC_MASKED);
    }
}

/* Limits of steps need a cgroup of version 2 that this user may make children of. */
static void cgroups(struct ocib_findings *out)
{
    struct statfs fs;
    OCIB_AUTO_FREE char *own = read_line("/proc/self/cgroup");
    if (statfs("/sys/fs/cgroup", &fs) < 0 || fs.f_type != CGROUP2_MAGIC || !own ||
        strncmp(own, "0::/", 4) != 0) {
        ocib_findings_add(out, machine, "cgroup", OCIB_FINDING_NOTE,
                          ocib_strdup("no cgroup of version 2: steps can't be given limits"));
        return;
    }
    OCIB_AUTO_FREE char *folder = ocib_format("/sys/fs/cgroup%s", own + 3);
    bool ours = faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) == 0;
    ocib_findings_add(out, machine, "cgroup", OCIB_FINDING_NOTE,
                      ocib_strdup(ours ? "version 2, delegated"
                                       : "version 2, not delegated: steps can't be given limits"));
}

static void limits(struct ocib_findings *out)
{
    struct rlimit files = {0};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FILES_WANTED) {
        struct ocib_finding *finding =
            ocib_findings_add(out, machine, "open files", OCIB_FINDING_NO,
                              ocib_format("at most %llu", (unsigned long long)files.rlim_cur));
        remedy(finding, OCIB_OBSTACLE_FILE_LIMIT);
    }
    static const char *const names[] = {"user", "mnt", "pid", "ipc", "uts", "net"};
    for (size_t i = 0; i < OCIB_COUNT(names); i++) {
        OCIB_AUTO_FREE char *path = ocib_format("/proc/sys/user/max_%s_namespaces", names[i]);
        OCIB_AUTO_FREE char *sysctl = ocib_format("max_%s_namespaces", names[i]);
        if (ocib_probe_file_is(path, "0")) {
            struct ocib_finding *finding = ocib_findings_add(
                out, machine, "namespaces", OCIB_FINDING_NO, ocib_format("user.%s is 0", sysctl));
            remedy_of(finding, OCIB_OBSTACLE_NAMESPACE_LIMIT, sysctl);
        }
    }
}

void ocib_sandbox_examine_machine(struct ocib_findings *out)
{
    static void (*const parts[])(struct ocib_findings *) = {
        kernel, user, subordinate_ids, privileges, confinement, proc, cgroups, limits};
    for (size_t i = 0; i < OCIB_COUNT(parts); i++) {
        parts[i](out);
    }
}
