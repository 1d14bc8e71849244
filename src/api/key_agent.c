#include "api/key_agent.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/path.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    START_TRIES = 3000,
    PAUSE = 10 * 1000 * 1000, /* nanoseconds between two looks for the socket */
};

static char *find_program(const char *name, struct ocib_error **err)
{
    const char *path = getenv("PATH");
    struct ocib_str rest = ocib_str(path ? path : "/usr/bin:/bin");
    struct ocib_str folder;
    while (ocib_str_cut(&rest, ':', &folder)) {
        char *file = ocib_format("%.*s/%s", OCIB_STR_ARG(folder), name);
        if (folder.len && access(file, X_OK) == 0) {
            return file;
        }
        free(file);
    }
    ocib_error_set(err, OCIB_EINPUT, "--ssh with key files needs %s, which is not in PATH", name);
    ocib_error_hint_set(err, "install OpenSSH's client, or name the socket of an agent");
    return NULL;
}

static int start(const char *program, char *const *argv, const char *socket,
                 struct ocib_process *out, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *variable = ocib_format("SSH_AUTH_SOCK=%s", socket);
    char never[] = "SSH_ASKPASS_REQUIRE=never";
    char *const env[] = {variable, never, NULL};
    OCIB_AUTO_FD int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int fds[] = {null, null, STDERR_FILENO};
    const struct ocib_spawn how = {.path = program,
                                   .exe_fd = -1,
                                   .argv = argv,
                                   .env = env,
                                   .fds = fds,
                                   .fd_count = OCIB_COUNT(fds),
                                   .code = OCIB_EINPUT};
    return ocib_spawn(&how, out, err);
}

static int start_agent(struct ocib_key_agent *agent, char *socket, struct ocib_error **err)
{
    const struct timespec pause = {0, PAUSE};
    OCIB_AUTO_FREE char *program = find_program("ssh-agent", err);
    char name[] = "ssh-agent", stay[] = "-D", at[] = "-a";
    char *const argv[] = {name, stay, at, socket, NULL};
    if (!program || start(program, argv, socket, &agent->process, err) < 0) {
        return -1;
    }
    for (int i = 0; i < START_TRIES && access(socket, F_OK) < 0; i++) {
        nanosleep(&pause, NULL);
    }
    return 0;
}

/* The program says on standard error what is wrong with a key. */
static int add_keys(const char *text, struct ocib_str files, char *socket, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *program = find_program("ssh-add", err);
    OCIB_AUTO_STRINGS struct ocib_strings argv = {0};
    OCIB_AUTO_PROCESS struct ocib_process process = {0, -1};
    struct ocib_str file;
    int status = 0;
    ocib_strings_push(&argv, "ssh-add");
    ocib_strings_push(&argv, "-q");
    ocib_strings_push(&argv, "--");
    while (ocib_str_cut(&files, ',', &file)) {
        ocib_strings_push_str(&argv, file);
    }
    if (!program || start(program, ocib_strings_argv(&argv), socket, &process, err) < 0) {
        return -1;
    }
    if (ocib_process_wait(&process, &status) < 0 || status != 0) {
        ocib_error_set(err, OCIB_EINPUT, "--ssh %s: ssh-add does not take the keys", text);
        return ocib_error_hint_set(err,
                                   "they must be private keys of OpenSSH that only their owner "
                                   "can read, without a passphrase where there is no terminal");
    }
    return 0;
}

int ocib_key_agents_start(struct ocib_store *store, const struct ocib_strings *keys,
                          struct ocib_key_agents *out, struct ocib_strings *agents,
                          struct ocib_error **err)
{
    for (size_t i = 0; i < keys->len; i++) {
        struct ocib_str files = ocib_str(keys->items[i]);
        struct ocib_str id;
        struct ocib_key_agent *agent = ocib_vec_add(out);
        *agent = (struct ocib_key_agent){{0, -1}, {.fd = -1, .lock_fd = -1}};
        (void)ocib_str_cut(&files, '=', &id);
        if (ocib_store_work_new(store, &agent->work, err) < 0) {
            return -1;
        }
        OCIB_AUTO_FREE char *socket = ocib_path_join(agent->work.path, "agent");
        OCIB_AUTO_FREE char *name = ocib_str_dup(id);
        if (start_agent(agent, socket, err) < 0 ||
            add_keys(keys->items[i], files, socket, err) < 0) {
            return -1;
        }
        ocib_env_set(agents, name, socket);
    }
    return 0;
}

void ocib_key_agents_stop(struct ocib_key_agents *agents)
{
    for (size_t i = 0; i < agents->len; i++) {
        ocib_process_end(&agents->items[i].process);
        ocib_work_release(&agents->items[i].work);
    }
    ocib_vec_release(agents);
}
