#include "sandbox/terminal.h"

#include "sandbox/pass.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* The same descriptor by a number that is not one of the standard three, which may be free. */
static int move_up(int fd)
{
    int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int reason = errno;
    ocib_fd_cleanup(&fd);
    errno = reason;
    return moved;
}

int ocib_terminal_make(int socket, uid_t uid, struct ocib_error **err)
{
    int unlock = 0;
    OCIB_AUTO_FD int master = move_up(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make a terminal for the step");
    }
    OCIB_AUTO_FD int slave = move_up(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (slave < 0 || fchown(slave, uid, (gid_t)-1) < 0 || ioctl(slave, TIOCSCTTY, 0) < 0 ||
        ocib_pass_send_one(socket, master) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make a terminal for the step");
    }
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (dup2(slave, fd) < 0) {
            return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't use the step's terminal");
        }
    }
    return 0;
}

void ocib_input_init(struct ocib_input *input)
{
    memset(input, 0, sizeof(*input));
    input->from = input->to = input->socket = input->size_of = -1;
}

void ocib_input_release(struct ocib_input *input)
{
    ocib_fd_cleanup(&input->to);
    ocib_fd_cleanup(&input->socket);
}

void ocib_input_poll(const struct ocib_input *input, struct pollfd out[OCIB_INPUT_POLLED])
{
    bool waiting = input->at < input->len;
    out[0] = (struct pollfd){input->to >= 0 && !waiting ? input->from : -1, POLLIN, 0};
    out[1] = (struct pollfd){waiting ? input->to : -1, POLLOUT, 0};
    out[2] = (struct pollfd){input->socket, POLLIN, 0};
}

/* A step that does not read any more gets no more. */
static void stop(struct ocib_input *input)
{
    input->from = -1;
    input->at = input->len = 0;
    if (!input->terminal) {
        ocib_fd_cleanup(&input->to);
    }
}

/* The end of input is a byte on a terminal, ^D, and the end of the file on a pipe. */
static void end(struct ocib_input *input)
{
    if (!input->terminal) {
        stop(input);
        return;
    }
    input->from = -1;
    input->bytes[0] = 4;
    input->at = 0;
    input->len = 1;
}

static void take(struct ocib_input *input)
{
    ssize_t n = read(input->from, input->bytes, sizeof(input->bytes));
    if (n > 0) {
        input->at = 0;
        input->len = (size_t)n;
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        end(input);
    }
}

static void give(struct ocib_input *input)
{
    ssize_t n = write(input->to, input->bytes + input->at, input->len - input->at);
    if (n > 0) {
        input->at += (size_t)n;
    } else if (errno != EINTR && errno != EAGAIN) {
        stop(input);
    }
}

static void follow_size(struct ocib_input *input)
{
    struct winsize now;
    if (input->terminal && input->to >= 0 && input->size_of >= 0 &&
        ioctl(input->size_of, TIOCGWINSZ, &now) == 0 &&
        memcmp(&now, &input->size, sizeof(now)) != 0) {
        input->size = now;
        ioctl(input->to, TIOCSWINSZ, &now);
    }
}

int ocib_input_move(struct ocib_input *input, const struct pollfd in[OCIB_INPUT_POLLED])
{
    int output = -1;
    if (in[0].revents && input->from >= 0) {
        take(input);
    }
    if (in[1].revents && input->at < input->len) {
        give(input);
    }
    if (in[2].revents && input->socket >= 0) {
        input->to = ocib_pass_receive_one(input->socket, MSG_DONTWAIT);
        ocib_fd_cleanup(&input->socket);
        input->terminal = input->to >= 0;
        output = input->terminal ? fcntl(input->to, F_DUPFD_CLOEXEC, 0) : -1;
        if (output >= 0 && fcntl(input->to, F_SETFL, O_RDWR | O_NONBLOCK) < 0) {
            ocib_fd_cleanup(&output);
        }
    }
    follow_size(input);
    return output;
}
