"""Keeps one bundled server running while any process uses it, then stops it.

Run as a script, as the server's parent: ``keeper.py IN_USE_LOCK COMMAND…``. It ends with
the server, and the server with it, so whether a server runs is known by the keeper's lock, which it
inherits. It imports the standard library alone and is started with -I -S, to be small and quick.
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

STOP = signal.SIGINT  # to both servers: end cleanly, without waiting for their clients
PATIENCE = 30.0  # seconds for a clean shutdown before a hard one
PR_SET_PDEATHSIG = 1  # from <sys/prctl.h>


def main() -> None:
    in_use, *command = sys.argv[1:]
    for number in (STOP, signal.SIGQUIT):
        # A shell has its background commands ignore these, and a server would in its first moments.
        signal.signal(number, signal.SIG_DFL)
    server = subprocess.Popen(command, preexec_fn=dying_with_parent(STOP))  # noqa: PLW1509
    threading.Thread(target=end_with, args=(server,), daemon=True).start()
    lock(Path(in_use), fcntl.LOCK_EX)  # granted when nobody uses the server any more
    for number in (STOP, signal.SIGQUIT, signal.SIGKILL):
        server.send_signal(number)
        time.sleep(PATIENCE)


def end_with(server: "subprocess.Popen[bytes]") -> None:
    """End this process, whatever it does, when `server` ends."""
    server.wait()
    os._exit(0)


def dying_with_parent(number: signal.Signals) -> Callable[[], None]:
    """For Popen in a process without threads: on Linux, its death sends the child `number`."""
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def ask() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return ask


def lock(path: Path, kind: int) -> int | None:
    """Open `path` anew and flock it; None if another holds it and `kind` says not to wait."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, kind)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


if __name__ == "__main__":
    main()
