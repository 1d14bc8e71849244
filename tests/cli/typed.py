"""Runs a program on a terminal of 33 rows and 99 columns, and types at it: typed.py PROGRAM [WORD...]

Each line of standard input is a text to wait for, a tab, and what to type then, ^C for that key,
with the return key behind all else. The program's output goes to standard output, and its exit
status behind it, as "STATUS N"."""

import fcntl
import os
import pty
import struct
import sys
import termios
import time

WAIT = 50  # seconds for all


def keys(text):
    return b"\x03" if text == "^C" else text.encode() + b"\r"


def read(fd):
    try:
        return os.read(fd, 65536)
    except OSError:  # the other side is closed
        return b""


def main():
    lines = [line.rstrip("\n").split("\t", 1) for line in sys.stdin]
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
        os.execvp(sys.argv[1], sys.argv[1:])
    seen = b""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        got = read(fd)
        if not got:
            break
        sys.stdout.buffer.write(got)
        seen += got
        if lines and lines[0][0].encode() in seen:
            os.write(fd, keys(lines.pop(0)[1]))
            seen = b""
    os.close(fd)
    print(f"\nSTATUS {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}")


main()
