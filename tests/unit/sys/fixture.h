/* A temporary folder for the tests of sys, removed at the end. */
#ifndef OCIB_TEST_SYS_FIXTURE_H
#define OCIB_TEST_SYS_FIXTURE_H

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char temporary_path[64];
static int temporary = -1; /* the folder's descriptor */

static inline int temporary_setup(void **state)
{
    (void)state;
    snprintf(temporary_path, sizeof(temporary_path), "/tmp/sys-test-XXXXXX");
    if (!mkdtemp(temporary_path)) {
        return -1;
    }
    temporary = open(temporary_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return temporary < 0 ? -1 : 0;
}

static inline int temporary_teardown(void **state)
{
    (void)state;
    close(temporary);
    return ocib_remove_tree(AT_FDCWD, temporary_path, NULL);
}

static inline void temporary_write(const char *name, const char *text)
{
    OCIB_AUTO_FD int fd = openat(temporary, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(ocib_fd_write_all(fd, text, strlen(text)), 0);
}

#endif
