#include "sandbox/pass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union ancillary {
    struct cmsghdr header; /* for its alignment */
    char bytes[CMSG_SPACE(sizeof(int) * OCIB_PASS_MOST)];
};

ssize_t ocib_pass_send(int socket, struct iovec bytes, const int *fds, size_t count)
{
    union ancillary ancillary = {0};
    struct msghdr message = {
        .msg_iov = &bytes,
        .msg_iovlen = 1,
        .msg_control = ancillary.bytes,
        .msg_controllen = CMSG_SPACE(sizeof(int) * count),
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(header), fds, sizeof(int) * count);
    ssize_t n;
    do {
        n = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n;
}

ssize_t ocib_pass_receive(int socket, struct iovec bytes, int *fds, size_t count, int flags)
{
    union ancillary ancillary = {0};
    struct msghdr message = {
        .msg_iov = &bytes,
        .msg_iovlen = 1,
        .msg_control = ancillary.bytes,
        .msg_controllen = CMSG_SPACE(sizeof(int) * count),
    };
    for (size_t i = 0; i < count; i++) {
        fds[i] = -1;
    }
    ssize_t n;
    do {
        n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
    } while (n < 0 && errno == EINTR);
    const struct cmsghdr *header = n < 0 ? NULL : CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        memcpy(fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
    }
    return n;
}

int ocib_pass_send_one(int socket, int fd)
{
    char byte = 'f';
    return ocib_pass_send(socket, (struct iovec){&byte, 1}, &fd, 1) == 1 ? 0 : -1;
}

int ocib_pass_receive_one(int socket, int flags)
{
    char byte;
    int fd;
    ocib_pass_receive(socket, (struct iovec){&byte, 1}, &fd, 1, flags);
    return fd;
}
