#include "sandbox/foreign.h"

#include "base/cleanup.h"
#include "sys/fd.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct machine {
    const char *name;
    unsigned short machine; /* e_machine */
    unsigned char bits;     /* EI_CLASS */
    bool big_endian;
} machines[] = {
    {"386", EM_386, ELFCLASS32, false},       {"amd64", EM_X86_64, ELFCLASS64, false},
    {"arm", EM_ARM, ELFCLASS32, false},       {"arm64", EM_AARCH64, ELFCLASS64, false},
    {"loong64", 258, ELFCLASS64, false},      {"mips64le", EM_MIPS, ELFCLASS64, false},
    {"ppc64le", EM_PPC64, ELFCLASS64, false}, {"riscv64", EM_RISCV, ELFCLASS64, false},
    {"s390x", EM_S390, ELFCLASS64, true},
};

/* What the processor does by itself. */
static bool is_native(const struct machine *machine)
{
#if defined(__x86_64__)
    return machine->machine == EM_X86_64 || machine->machine == EM_386;
#elif defined(__aarch64__)
    return machine->machine == EM_AARCH64 || machine->machine == EM_ARM;
#elif defined(__powerpc64__)
    return machine->machine == EM_PPC64;
#elif defined(__riscv)
    return machine->machine == EM_RISCV;
#elif defined(__s390x__)
    return machine->machine == EM_S390;
#else
    return machine != NULL;
#endif
}

static void put_half(unsigned char *to, unsigned short value, bool big_endian)
{
    to[big_endian ? 0 : 1] = (unsigned char)(value >> 8);
    to[big_endian ? 1 : 0] = (unsigned char)(value & 0xff);
}

/* As much of a program as is needed to tell whose it is; nothing in it can be run. */
static int make_program(const struct machine *machine)
{
    unsigned char header[128] = {0x7f, 'E', 'L', 'F', machine->bits};
    header[EI_DATA] = machine->big_endian ? ELFDATA2MSB : ELFDATA2LSB;
    header[EI_VERSION] = EV_CURRENT;
    put_half(header + 16, ET_EXEC, machine->big_endian);
    put_half(header + 18, machine->machine, machine->big_endian);
    put_half(header + (machine->big_endian ? 22 : 20), EV_CURRENT, machine->big_endian);
    int fd = memfd_create("program", 0);
    if (fd >= 0 && write(fd, header, sizeof(header)) != (ssize_t)sizeof(header)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Does the kernel find anything to start the program with? */
static bool starts(int fd)
{
    enum { NOTHING_RUNS_IT = 100 };
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        for (int i = 0; i < 3 && null >= 0; i++) {
            dup2(null, i);
        }
        char *const argv[] = {(char[]){"program"}, NULL};
        char *const env[] = {NULL};
        fexecve(fd, argv, env);
        _exit(errno == ENOEXEC || errno == ENOENT ? NOTHING_RUNS_IT : 0);
    }
    int status;
    bool ended = child > 0 && waitpid(child, &status, 0) == child;
    return !ended || !WIFEXITED(status) || WEXITSTATUS(status) != NOTHING_RUNS_IT;
}

bool ocib_sandbox_runs_architecture(const char *architecture)
{
    for (size_t i = 0; i < OCIB_COUNT(machines); i++) {
        if (strcmp(machines[i].name, architecture) == 0 && !is_native(&machines[i])) {
            OCIB_AUTO_FD int fd = make_program(&machines[i]);
            return fd < 0 || starts(fd);
        }
    }
    return true;
}
