"""Starting a server so that it outlives whoever started it, and watching it come up."""

import os
import pwd
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from budget_manager.bundled import files, guard
from budget_manager.bundled.errors import BundledServersError
from budget_manager.bundled.guard import alive, hand_over

PATIENCE = 60.0  # seconds for a server to come up; recovery after a crash may take longer
RECOVERY_PATIENCE = 600.0
LONGEST_LOG = 10_000_000  # bytes; a longer one is begun anew


@dataclass(frozen=True)
class Account:
    """The operating system's user that a server runs as; None: whoever we are."""

    uid: int
    gid: int

    @classmethod
    def of(cls, name: str) -> "Account | None":
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            return None
        return cls(entry.pw_uid, entry.pw_gid)

    @classmethod
    def of_owner(cls, path: Path) -> "Account | None":
        """Whoever `path` belongs to, if we are root and it is another user's; else None."""
        owner = path.stat()
        if not running_as_root() or owner.st_uid == 0:
            return None
        return cls(owner.st_uid, owner.st_gid)

    def can_use(self, path: Path) -> bool:
        """Whether this user may enter the directory, or run the program, at `path`."""
        return run(["/bin/sh", "-c", 'test -x "$0"', str(path)], account=self).returncode == 0


def run(
    command: list[str], *, account: Account | None = None, log: int = subprocess.DEVNULL
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        command,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        check=False,
    )


def detached(
    command: list[str], *, log: Path, account: Account | None = None, umask: int = 0o077
) -> int:
    """Starts `command` in a session of its own, as nobody's child, logging to `log`; its pid.

    The shell in between leaves at once, so the server has neither our terminal's Ctrl-C nor us as
    a parent that would have to wait for it.
    """
    with files.in_sentences(log.parent):
        too_long = log.exists() and log.stat().st_size > LONGEST_LOG
        with log.open("wb" if too_long else "ab") as output:
            hand_over(log)
            started = subprocess.run(
                ["/bin/sh", "-c", 'exec 3>&1 1>&2; "$@" 3>&- & echo $! >&3', "sh", *command],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,
                umask=umask,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                check=True,
            )
    return int(started.stdout)


def on_a_free_port(
    name: str,
    state: dict[str, Any],
    log: Path,
    *,
    remember: Callable[[dict[str, Any]], None],
    start: Callable[[], int],
    ready: Callable[[], bool | None],
) -> None:
    """Starts a server on the port of `state` if that is free, else on another, and waits for it.

    Sets ``port`` and ``pid`` in `state`. Someone may take the port between our look and the
    server's: then it is tried again.
    """
    for attempts_left in (2, 1, 0):
        state.update(port=pick_port(state["port"]), pid=guard.STARTING)
        remember(state)
        try:
            state["pid"] = start()
            remember(state)
            wait_ready(name, state["pid"], log, ready)
        except BundledServersError:
            state["pid"] = guard.NONE
            remember(state)
            if port_is_free(state["port"]) or not attempts_left:
                raise
        else:
            return


def wait_ready(name: str, pid: int, log: Path, ready: Callable[[], bool | None]) -> None:
    """Waits until `ready` says so: True, False (not there yet) or None (there, recovering)."""
    began = time.monotonic()
    patience = PATIENCE
    pause = 0.01
    while True:
        answer = ready()
        if answer:
            return
        if answer is None:
            patience = RECOVERY_PATIENCE
        if not alive(pid):
            raise BundledServersError(explain_log(name, log))
        if time.monotonic() - began > patience:
            raise BundledServersError(
                f"{name} did not come up within {patience:.0f} seconds; its log is {log}."
            )
        time.sleep(pause)
        pause = min(pause * 1.3, 0.2)


def explain_log(name: str, log: Path) -> str:
    """A sentence on why a server ended at its start, from what it logged last."""
    lines = log.read_text(errors="replace").splitlines()[-15:] if log.exists() else []
    text = "\n".join(lines)
    if "No space left on device" in text:
        return f"The disk is full: {name} could not start. Free some space and start again."
    if "Address already in use" in text:
        return f"{name} could not start: another program took its port. Start again."
    if "Permission denied" in text:
        remedy = "Check that its directory belongs to the user who starts it."
        return f"{name} was denied permission (log: {log}). {remedy}\n{text}"
    return f"{name} could not start. The end of its log, {log}:\n{text}"


def port_is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def pick_port(remembered: int | None) -> int:
    """The port used before if it is free still, else any free one."""
    if remembered and port_is_free(remembered):
        return remembered
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def running_as_root() -> bool:
    return os.geteuid() == 0
