"""Runs a command that must not outlive the process that started it.

``python child.py PARENT COMMAND…`` becomes COMMAND by exec. On Linux the kernel is asked to end it
with SIGTERM when its parent dies, even by kill -9; elsewhere nothing more than the exec happens.
Imports the standard library alone and is started with -I -S, to cost next to nothing.
"""

import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # from <sys/prctl.h>


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the process that started this one has already ended")
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
