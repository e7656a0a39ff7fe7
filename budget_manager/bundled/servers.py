"""Who uses a bundled server, and when it starts and stops.

Locks (flock; the operating system drops them with the process): a user of the server holds
``NAME.in-use`` shared; its keeper (see ``keeper``) holds ``NAME.keeper`` and waits for the other
one exclusively; ``start.lock`` is held while servers are started.
"""

import atexit
import fcntl
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import psutil

from budget_manager.bundled import files, keeper
from budget_manager.bundled.files import BundledServersError

PATIENCE = 60.0  # seconds for a server to come up
RECOVERY_PATIENCE = 600.0  # the same after a crash


class Server(ABC):
    """One of the two servers of the clone whose ``.local/`` is given."""

    name: ClassVar[str]
    title: ClassVar[str]
    programs: ClassVar[Sequence[str]]  # the names of its processes

    def __init__(self, local: Path, state: dict[str, Any]) -> None:
        """Takes its ``port`` and ``password`` from `state`, and keeps new ones there."""
        self.local = local
        self.state = state
        self.data = local / self.name  # which is also its working directory
        self.log = local / f"{self.name}.log"
        self.state.setdefault("password", secrets.token_urlsafe(24))

    @abstractmethod
    def command(self) -> list[str]:
        """Make its data ready; the command that starts it on the port of its state."""

    @abstractmethod
    def answers(self) -> bool | None:
        """Whether it answers on its port; None while it recovers or loads its data.

        The password is this clone's own, so another clone's server is never taken for this one.
        """

    @abstractmethod
    def url(self) -> str: ...

    def lock(self, name: str, kind: int) -> int | None:
        return lock(self.local / f"{self.name}.{name}", kind)

    def runs(self) -> bool:
        handle = self.lock("keeper", fcntl.LOCK_SH | fcntl.LOCK_NB)
        if handle is not None:
            os.close(handle)
        return handle is None

    def use(self) -> None:
        """Find or start it, and have it run for as long as this process lives."""
        self.handle = self.lock("in-use", fcntl.LOCK_SH)
        while True:
            own = self.lock("keeper", fcntl.LOCK_EX | fcntl.LOCK_NB)
            if own is not None:
                self.start(own)
            if self.comes_up():
                return
            if own is not None:
                raise BundledServersError(explain(self.title, self.log))

    def start(self, own: int) -> None:
        """Start it under a keeper that gets `own`, the handle of the keeper's lock."""
        self.end_orphans()
        self.state["port"] = free_port(self.state.get("port") or 0)
        # before data is made that needs the password
        state = json.dumps({**load(self.local), self.name: self.state}, indent=2)
        files.write(self.local / "servers.json", f"{state}\n")
        command = self.command()
        in_use = str(self.local / f"{self.name}.in-use")
        script = [sys.executable, "-I", "-S", keeper.__file__, in_use]
        with self.log.open("ab") as output:
            files.hand_over(self.log)
            subprocess.run(
                # The shell leaves at once: the keeper is nobody's child, and in a session of its
                # own, where the terminal's Ctrl-C does not reach it.
                ["/bin/sh", "-c", '"$@" &', "sh", *script, *command],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=[own],
                umask=0o077,
                check=True,
            )
        os.close(own)

    def end_orphans(self) -> None:
        """End processes whose keeper, or whose parent in PostgreSQL, was killed."""
        left = [
            process
            for process in psutil.process_iter(["name", "cwd"])
            if process.info["cwd"] == str(self.data) and process.info["name"] in self.programs
        ]
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(keeper.STOP)
        _, running = psutil.wait_procs(left, timeout=keeper.PATIENCE)
        for process in running:
            process.kill()

    def comes_up(self) -> bool:
        """Wait until it answers; False if it ended instead."""
        began, patience = time.monotonic(), PATIENCE
        while not (answer := self.answers()):
            if not self.runs():
                return False
            if answer is None:
                patience = RECOVERY_PATIENCE
            if time.monotonic() - began > patience:
                raise BundledServersError(
                    f"{self.title} did not come up within {patience:.0f} seconds; its log is "
                    f"{self.log}."
                )
            time.sleep(0.01)
        return True

    def wait_if_last(self) -> None:
        """Wait for its end unless another process uses it."""
        while self.runs():
            # Exclusively: nobody uses it, and the keeper is about to stop it. Shared: others do.
            # Neither: the keeper is stopping it.
            if (handle := self.lock("in-use", fcntl.LOCK_EX | fcntl.LOCK_NB)) is not None:
                os.close(handle)
            elif (handle := self.lock("in-use", fcntl.LOCK_SH | fcntl.LOCK_NB)) is not None:
                os.close(handle)
                return
            time.sleep(0.01)


def run_as(uid: int, gid: int) -> list[str]:
    """What root puts before a command to run it as this user, nothing if we are not root.

    One of root's rights is kept, so that the user can enter a clone that is closed to others.
    """
    if uid == os.geteuid():
        return []
    user = [f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--pdeathsig=INT"]
    # no_setuid_fixup makes it count in access(), which PostgreSQL asks about its programs
    right = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return ["/usr/bin/setpriv", *user, *right, "--securebits=+no_setuid_fixup"]


def use(local: Path, kinds: Sequence[type[Server]]) -> dict[str, str]:
    """The URLs of servers of these kinds, by name, found or started."""
    with files.in_sentences():
        starting = lock(local / "start.lock", fcntl.LOCK_EX)
        assert starting is not None  # noqa: S101 - a lock that waits is always granted
        try:
            state = load(local)
            servers = [kind(local, state.get(kind.name, {})) for kind in kinds]
            for server in servers:
                server.use()
        finally:
            os.close(starting)
    atexit.register(leave, servers, os.getpid())
    return {server.name: server.url() for server in servers}


def leave(servers: list[Server], pid: int) -> None:
    """At exit, but not of forked children: see to it that no unused server is left running."""
    if os.getpid() != pid:
        return
    for server in servers:
        assert server.handle is not None  # noqa: S101 - as above
        os.close(server.handle)
    with suppress(OSError, KeyboardInterrupt):  # the keepers need no help; .local may be gone
        for server in servers:
            server.wait_if_last()


def lock(path: Path, kind: int) -> int | None:
    """As :func:`keeper.lock`, for the owner of the clone."""
    handle = keeper.lock(path, kind)
    files.hand_over(path)
    return handle


def load(local: Path) -> dict[str, Any]:
    """The remembered state of the servers by name; empty in a new clone or if it is unreadable."""
    with suppress(FileNotFoundError, ValueError):
        return dict(json.loads((local / "servers.json").read_text()))
    return {}


def explain(title: str, log: Path) -> str:
    """A sentence on why a server ended at its start, from the end of its log."""
    lines = log.read_text(errors="replace").splitlines()[-15:]
    text = "\n".join(lines)
    return f"{title} could not start. {files.remedy(text)}\nThe end of its log, {log}:\n{text}"


def free_port(wanted: int = 0) -> int:
    """`wanted` if a server could listen there on 127.0.0.1 now, otherwise any free port."""
    try:
        with socket.create_server(("127.0.0.1", wanted)) as probe:
            return int(probe.getsockname()[1])
    except OSError:
        return free_port()
