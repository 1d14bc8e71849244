#include "build/network_files.h"

#include "sandbox/sandbox.h"
#include "sys/file.h"

#include <fcntl.h>

enum { RESOLV_CONF_MAX = 65536 };

/* A host without the file has no names to look up: the step gets an empty one. */
void ocib_network_files_make(const struct ocib_step_settings *settings, bool no_network,
                             struct ocib_network_files *out)
{
    OCIB_AUTO_BUF struct ocib_buf host = {0};
    *out = (struct ocib_network_files){0};
    ocib_buf_init(&out->hosts);
    ocib_step_hosts_file(settings, &out->hosts);
    if (settings->keep_resolv_conf) {
        return;
    }
    ocib_buf_init(&host);
    ocib_buf_init(&out->resolv_conf);
    if (!no_network && ocib_file_read(AT_FDCWD, "/etc/resolv.conf", RESOLV_CONF_MAX, &host,
                                      OCIB_EINPUT, NULL) < 0) {
        ocib_buf_clear(&host);
    }
    ocib_step_resolv_file(settings, ocib_buf_str(&host), &out->resolv_conf);
}

void ocib_network_files_release(struct ocib_network_files *files)
{
    ocib_buf_release(&files->hosts);
    ocib_buf_release(&files->resolv_conf);
}

size_t ocib_network_files_provide(const struct ocib_network_files *files,
                                  struct ocib_provided *list)
{
    size_t count = 0;
    for (const char *const *at = ocib_sandbox_mount_points(); *at; at++) {
        list[count++] = (struct ocib_provided){.path = *at, .is_dir = true, .mode = 0755};
    }
    list[count++] =
        (struct ocib_provided){.path = "/etc/hosts", .mode = 0644, .content = files->hosts.data};
    if (files->resolv_conf.data) {
        list[count++] = (struct ocib_provided){
            .path = "/etc/resolv.conf", .mode = 0644, .content = files->resolv_conf.data};
    }
    return count;
}
