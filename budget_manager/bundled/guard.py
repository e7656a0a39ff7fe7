"""Stops the bundled servers: at the end of a command, or, run as a script, when all users died.

A process that ends normally stops the servers itself if it is their last user. One that is killed
cannot, so a guard waits beside the servers for the last user's lock to vanish. The guard imports
the standard library alone, to be small and quick to start.

Locks (flock; the operating system drops them with the process), always taken in this order:
``start.lock`` exclusive while servers are started or stopped; ``in-use.lock`` shared by every
user. ``guard.lock`` is held by the guard and holds its pid.
"""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

STATE = "servers.json"
PATIENCE = 30.0  # seconds for a clean shutdown, before a hard one
# What stands for a server's pid while it has none: it is not there, or somebody is about to start
# it and may have died before noting its pid.
NONE = 0
STARTING = -1
START_PATIENCE = 3.0  # seconds for such a server to show itself


def main() -> None:
    """The guard itself; the argument is the clone's ``.local/``."""
    local = Path(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    own = lock(local / "guard.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
    if own is None:
        return  # there is one already
    os.ftruncate(own, 0)
    os.pwrite(own, str(os.getpid()).encode(), 0)
    while local.exists():
        wait_for_last_user(local)
        starting = lock(local / "start.lock", fcntl.LOCK_EX)
        last = lock(local / "in-use.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
        if last is not None:
            stop_servers(local)
            return
        if starting is not None:
            os.close(starting)  # someone new came in between


def wait_for_last_user(local: Path) -> None:
    held = lock(local / "in-use.lock", fcntl.LOCK_EX)
    if held is not None:
        os.close(held)


def lock(path: Path, kind: int) -> int | None:
    """Opens `path` anew and flocks it; None if another holds it and `kind` says not to wait."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    hand_over(path)
    try:
        fcntl.flock(handle, kind)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def hand_over(path: Path) -> None:
    """Gives what root made in another user's clone to that user, who could not go on else."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def stop_guard(local: Path) -> None:
    """Ends the guard; only for whoever holds ``start.lock`` and has stopped the servers."""
    held = lock(local / "guard.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
    if held is not None:
        os.close(held)
        return
    with suppress(ValueError, ProcessLookupError):
        pid = int((local / "guard.lock").read_text())
        os.kill(pid, signal.SIGKILL)
        wait_until_gone(pid, 2.0)


def stop_servers(local: Path) -> None:
    """Stops both servers cleanly and waits for their end; whoever calls holds ``start.lock``."""
    with suppress(OSError, ValueError):
        stop(json.loads((local / STATE).read_text()))


def stop(state: dict[str, Any]) -> None:
    """Stops the servers that `state` describes, those of them that run."""
    redis = ask_redis_to_stop(state["redis"]) if "redis" in state else NONE
    if "postgres" in state:
        stop_postgres(state["postgres"])
    if redis > 0:
        wait_until_gone(redis, PATIENCE)


def ask_redis_to_stop(redis: dict[str, Any]) -> int:
    """Sends SHUTDOWN, which flushes the append-only file; its pid, NONE if it is not there.

    Only our own server knows the password, so a stranger on that port is never stopped.
    """
    pid = int(redis["pid"])
    end = time.monotonic() + START_PATIENCE
    while pid == STARTING or (pid != NONE and alive(pid)):
        try:
            with socket.create_connection(("127.0.0.1", redis["port"]), timeout=5) as connection:
                connection.sendall(f"AUTH {redis['password']}\r\nSHUTDOWN\r\n".encode())
                answer = connection.recv(100)
        except OSError:  # not listening yet, or never to be
            if time.monotonic() > end:
                break
            time.sleep(0.02)
        else:
            return pid if answer.startswith(b"+OK") or not answer else NONE
    return NONE


def stop_postgres(postgres: dict[str, Any]) -> None:
    data, known = Path(postgres["data"]), int(postgres.get("pid", NONE))
    pid = postmaster_of(postgres)
    if pid is None:
        if known <= 0 or not (alive(known) and runs_on(known, data)):
            return
        pid = known  # its directory was deleted
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)  # "fast": roll back, checkpoint, leave
        if not wait_until_gone(pid, PATIENCE):
            os.kill(pid, signal.SIGQUIT)
            wait_until_gone(pid, PATIENCE)


def postmaster_of(postgres: dict[str, Any]) -> int | None:
    """As :func:`postmaster`, with some patience for one that is about to start."""
    data = Path(postgres["data"])
    end = time.monotonic() + (START_PATIENCE if postgres.get("pid") == STARTING else 0)
    while (pid := postmaster(data)) is None and time.monotonic() < end:
        time.sleep(0.02)
    return pid


def postmaster(data: Path) -> int | None:
    """The pid of the PostgreSQL that runs on `data`, None if none does.

    The pid file survives a power cut, and its number may by then be another program's.
    """
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if alive(pid) and runs_on(pid, data) else None


def runs_on(pid: int, data: Path) -> bool:
    if Path("/proc/self").exists():
        try:
            where = str(Path(f"/proc/{pid}/cwd").readlink()).removesuffix(" (deleted)")
            return where == str(data.resolve())
        except OSError:
            return False
    shown = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "postgres" in shown.stdout


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and awaits its parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return not Path("/proc/self").exists()
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def wait_until_gone(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


if __name__ == "__main__":
    main()
