#include "sandbox/probe.h"

#include "base/mem.h"
#include "sandbox/mounts.h"
#include "sandbox/obstacles.h"
#include "sandbox/wire.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int ocib_probe_step_namespaces(void)
{
    return CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
}

static bool read_small(const char *path, struct ocib_buf *out)
{
    return ocib_file_read(AT_FDCWD, path, 65536, out, OCIB_ESANDBOX, NULL) == 0;
}

bool ocib_probe_file_is(const char *path, const char *number)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    return read_small(path, &text) && ocib_str_is(ocib_str_trim(ocib_buf_str(&text)), number);
}

/* The first namespace maps all ids onto themselves: one line "0 0 4294967295". */
static bool maps_all_ids(void)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (!read_small("/proc/self/uid_map", &text)) {
        return true;
    }
    struct ocib_str rest = ocib_buf_str(&text);
    struct ocib_str word;
    static const char *const first[] = {"0", "0", "4294967295"};
    size_t i = 0;
    while (ocib_str_cut(&rest, ' ', &word)) {
        word = ocib_str_trim(word);
        if (word.len && (i == OCIB_COUNT(first) || !ocib_str_is(word, first[i++]))) {
            return false;
        }
    }
    return true;
}

/* Another one can do that too, but has another number: the first one's never changes (nsfs.h). */
bool ocib_probe_in_userns(void)
{
    enum { FIRST_USER_NAMESPACE = 0xEFFFFFFD };
    struct stat st;
    bool other = stat("/proc/self/ns/user", &st) == 0 && st.st_ino != FIRST_USER_NAMESPACE;
    return other || !maps_all_ids();
}

int ocib_probe_proc_covers(void)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    int covers = 0;
    if (ocib_file_read(AT_FDCWD, "/proc/self/mountinfo", 16 << 20, &text, OCIB_ESANDBOX, NULL) <
        0) {
        return -1;
    }
    struct ocib_str rest = ocib_buf_str(&text);
    struct ocib_str line;
    while (ocib_str_cut(&rest, '\n', &line)) {
        struct ocib_str word = {0};
        for (int i = 0; i < 5 && ocib_str_cut(&line, ' ', &word); i++) {
        }
        covers +=
            ocib_str_starts(word, "/proc/") && !ocib_str_starts(word, "/proc/sys/fs/binfmt_misc");
    }
    return covers;
}

bool ocib_probe_status_has(const char *wanted)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (!read_small("/proc/self/status", &text)) {
        return false;
    }
    struct ocib_str rest = ocib_buf_str(&text);
    struct ocib_str line;
    while (ocib_str_cut(&rest, '\n', &line)) {
        if (ocib_str_is(line, wanted)) {
            return true;
        }
    }
    return false;
}

int ocib_probe_pidfd(struct ocib_error **err)
{
    OCIB_AUTO_FD int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (fd < 0) {
        int number = errno;
        ocib_error_set_errno(err, OCIB_ESANDBOX, "pidfd_open: can't follow processes");
        return ocib_obstacle_explain(err, number);
    }
    return 0;
}

_Noreturn static void try_in_child(int fd, bool outer_proc)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (ocib_probe_pidfd(&err) < 0 || ocib_sandbox_try_mounts(outer_proc, &err) < 0) {
        ocib_sandbox_report_error(fd, err);
        _exit(1);
    }
    ocib_sandbox_report_status(fd, 0);
    _exit(0);
}

static int fail_namespaces(struct ocib_error **err)
{
    int number = errno;
    ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make mount, pid, ipc and uts namespaces");
    return ocib_obstacle_explain(err, number);
}

static int read_result(int fd, struct ocib_error **err)
{
    int status;
    OCIB_AUTO_BUF struct ocib_buf record = {0};
    if (ocib_fd_read_all(fd, OCIB_RECORD_MAX, &record) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't hear from a trial step");
    }
    int parsed = ocib_sandbox_report_parse(ocib_buf_str(&record), &status, err);
    if (parsed == 0) {
        return ocib_error_set(err, OCIB_ESANDBOX, "a trial step ended unexpectedly");
    }
    return parsed < 0 ? -1 : 0;
}

int ocib_probe_step(bool outer_proc, struct ocib_error **err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make a socket pair");
    }
    OCIB_AUTO_FD int ours = pair[0];
    OCIB_AUTO_FD int theirs = pair[1];
    pid_t pid = ocib_fork_into(ocib_probe_step_namespaces());
    if (pid == 0) {
        try_in_child(theirs, outer_proc);
    }
    if (pid < 0) {
        return fail_namespaces(err);
    }
    ocib_fd_cleanup(&theirs);
    int result = read_result(ours, err);
    ocib_process_end(&(struct ocib_process){pid, -1});
    return result;
}

int ocib_probe_ids(struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (read_small("/proc/self/setgroups", &text) && ocib_str_starts(ocib_buf_str(&text), "deny")) {
        ocib_error_set(err, OCIB_ESANDBOX, "this user namespace has one user and group only");
        return ocib_obstacle_add(err, OCIB_OBSTACLE_ONE_ID, NULL);
    }
    return 0;
}
