#include "sandbox/seccomp.h"

#include <linux/capability.h>
#include <stddef.h>

/*
 * What a program that is confined by namespaces and capabilities may ask of the kernel. Names that
 * an architecture (or libseccomp) does not know are left out there.
 */
static const char *const allowed[] = {
    /* memory */
    "brk mmap mmap2 munmap mremap mprotect msync mincore madvise mlock mlock2 "
    "mlockall munlock munlockall memfd_create memfd_secret membarrier remap_file_pages "
    "pkey_alloc pkey_free pkey_mprotect process_mrelease map_shadow_stack mseal",
    /* processes and threads */
    "fork vfork execve execveat exit exit_group wait4 waitid waitpid getpid getppid gettid getpgid "
    "setpgid getpgrp getsid setsid set_tid_address set_robust_list get_robust_list set_thread_area "
    "get_thread_area pidfd_open pidfd_send_signal ptrace process_vm_readv "
    "process_vm_writev rseq prctl seccomp getcpu restart_syscall",
    /* identity and capabilities */
    "getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getgroups getgroups32 "
    "getresuid getresuid32 getresgid getresgid32 setuid setuid32 setgid setgid32 setreuid "
    "setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32 setgroups "
    "setgroups32 setfsuid setfsuid32 setfsgid setfsgid32 capget capset chroot landlock_add_rule "
    "landlock_create_ruleset landlock_restrict_self",
    /* scheduling and limits */
    "sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam "
    "sched_getscheduler sched_setscheduler sched_getattr sched_setattr sched_get_priority_max "
    "sched_get_priority_min sched_rr_get_interval sched_rr_get_interval_time64 getpriority "
    "setpriority nice ioprio_get ioprio_set getrlimit setrlimit ugetrlimit prlimit64 getrusage "
    "times sysinfo uname",
    /* signals */
    "kill tkill tgkill pause signal sigaction sigprocmask sigpending sigsuspend sigreturn "
    "rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigreturn rt_sigqueueinfo "
    "rt_tgsigqueueinfo rt_sigtimedwait rt_sigtimedwait_time64 sigaltstack signalfd signalfd4 "
    "sgetmask ssetmask",
    /* time; setting the clock takes a capability that steps do not have */
    "time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 "
    "clock_nanosleep clock_nanosleep_time64 clock_adjtime clock_adjtime64 adjtimex nanosleep alarm "
    "getitimer setitimer timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 "
    "timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 "
    "timerfd_settime timerfd_settime64",
    /* descriptors */
    "read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 close close_range "
    "dup dup2 dup3 fcntl fcntl64 ioctl lseek _llseek pipe pipe2 splice tee vmsplice sendfile "
    "sendfile64 copy_file_range readahead fadvise64 fadvise64_64 arm_fadvise64_64 fsync fdatasync "
    "sync syncfs sync_file_range sync_file_range2 arm_sync_file_range fallocate flock ftruncate "
    "ftruncate64 truncate truncate64",
    /* waiting */
    "poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 epoll_create "
    "epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 "
    "eventfd eventfd2 futex futex_time64 futex_waitv futex_wake futex_wait futex_requeue io_setup "
    "io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64",
    /* files and folders */
    "open openat openat2 creat name_to_handle_at access faccessat faccessat2 stat stat64 lstat "
    "lstat64 fstat fstat64 fstatat64 newfstatat statx statfs statfs64 fstatfs fstatfs64 readlink "
    "readlinkat readdir getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir rename "
    "renameat "
    "renameat2 link linkat unlink unlinkat symlink symlinkat mknod mknodat chmod fchmod fchmodat "
    "fchmodat2 chown chown32 fchown fchown32 lchown lchown32 fchownat umask utime utimes utimensat "
    "utimensat_time64 futimesat cachestat",
    "getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat listxattr "
    "llistxattr flistxattr listxattrat removexattr lremovexattr fremovexattr removexattrat "
    "inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark file_getattr "
    "file_setattr",
    /* sockets */
    "socketcall socketpair bind listen accept accept4 connect shutdown getsockname getpeername "
    "getsockopt setsockopt send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg "
    "recvmmsg_time64",
    /* System V and POSIX message passing, in an ipc namespace of the step's own */
    "ipc msgget msgctl msgsnd msgrcv semget semctl semop semtimedop semtimedop_time64 shmget "
    "shmctl shmat shmdt mq_open mq_unlink mq_getsetattr mq_notify mq_timedsend mq_timedsend_time64 "
    "mq_timedreceive mq_timedreceive_time64",
    "getrandom",
    /* of single architectures: x86, arm, ppc64, s390, riscv */
    "arch_prctl modify_ldt breakpoint cacheflush set_tls get_tls swapcontext "
    "switch_endian s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr riscv_flush_icache "
    "riscv_hwprobe",
    NULL,
};

/*
 * Known calls that steps are refused: they act on the machine, make namespaces or mounts, load code
 * into the kernel, reach other users' keys, or have been ways out of containers.
 */
static const char *const refused[] = {
    "mount umount umount2 pivot_root mount_setattr move_mount open_tree open_tree_attr fsopen "
    "fsconfig fsmount fspick statmount listmount unshare setns open_by_handle_at quotactl "
    "quotactl_fd sysfs ustat",
    "add_key keyctl request_key bpf perf_event_open userfaultfd io_uring_setup io_uring_enter "
    "io_uring_register fanotify_init kcmp pidfd_getfd process_madvise lookup_dcookie syslog "
    "vhangup acct",
    "init_module finit_module delete_module create_module get_kernel_syms query_module kexec_load "
    "kexec_file_load reboot swapon swapoff settimeofday clock_settime clock_settime64 stime "
    "sethostname setdomainname",
    "get_mempolicy set_mempolicy set_mempolicy_home_node mbind migrate_pages move_pages",
    "ioperm iopl vm86 vm86old uselib nfsservctl _sysctl pciconfig_iobase pciconfig_read "
    "pciconfig_write lsm_get_self_attr lsm_set_self_attr lsm_list_modules",
    NULL,
};

/*
 * Calls whose arguments decide. clone3() has its flags in memory, where no filter can look, so it
 * is not in any list: C libraries then use clone().
 */
static const char *const clone_only[] = {"clone", NULL};
static const char *const personality_only[] = {"personality", NULL};
static const char *const socket_only[] = {"socket", NULL};

const struct ocib_syscall_list *ocib_seccomp_lists(void)
{
    static const struct ocib_syscall_list lists[] = {
        {OCIB_VERDICT_ALLOW, allowed},      {OCIB_VERDICT_REFUSE, refused},
        {OCIB_VERDICT_CLONE, clone_only},   {OCIB_VERDICT_PERSONALITY, personality_only},
        {OCIB_VERDICT_SOCKET, socket_only}, {OCIB_VERDICT_UNKNOWN, NULL},
    };
    return lists;
}

#define CAP(name) (UINT64_C(1) << CAP_##name)

const struct ocib_privileged_calls *ocib_seccomp_privileged(void)
{
    static const struct ocib_privileged_calls calls[] = {
        {CAP(DAC_READ_SEARCH), "open_by_handle_at"},
        {CAP(SYS_ADMIN),
         "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount "
         "mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname "
         "sethostname setns syslog umount umount2 unshare statmount listmount"},
        {CAP(SYS_BOOT), "reboot"},
        {CAP(SYS_MODULE), "delete_module init_module finit_module"},
        {CAP(SYS_PACCT), "acct"},
        {CAP(SYS_PTRACE), "kcmp pidfd_getfd process_madvise"},
        {CAP(SYS_RAWIO), "iopl ioperm"},
        {CAP(SYS_TIME), "settimeofday stime clock_settime clock_settime64"},
        {CAP(SYS_TTY_CONFIG), "vhangup"},
        {CAP(SYS_NICE), "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"},
        {CAP(SYSLOG), "syslog"},
        {UINT64_C(1) << 39 /* CAP_BPF */, "bpf"},
        {UINT64_C(1) << 38 /* CAP_PERFMON */, "perf_event_open"},
        {0, NULL},
    };
    return calls;
}
