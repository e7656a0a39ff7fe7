"""A PostgreSQL of the suite's own, which may be stopped in any way, and copied."""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from ads.tests.own_redis import free_port
from budget_manager.bundled import files
from budget_manager.bundled.postgres import Postgres, programs
from budget_manager.bundled.servers import run_as
from budget_manager.tests.support import wait_for

#: Seconds for anything to happen that should take one or two: machines are busy.
PATIENCE = 120.0


def with_parent(command: Sequence[str]) -> list[str]:
    """The command, ended with the process that starts it where the machine has what it takes."""
    setpriv = shutil.which("setpriv")
    return [*([setpriv, "--pdeathsig=TERM"] if setpriv else []), *command]


class OwnPostgres:
    """As the bundled one, with few connections and without a keeper.

    ``options``: settings, as "name=value". ``network``: where else than on loopback it listens, as
    "198.18.0.1/24".
    """

    def __init__(self, base: Path, *options: str, network: str = "", password: str = "") -> None:
        state = {"port": free_port(), **({"password": password} if password else {})}
        self._server = Postgres(files.local_dir(base), state)
        self.data = self._server.data
        self.log = self._server.log
        self._options = ["max_connections=60", *options]
        if network:
            self._server.command()  # which makes the cluster
            with (self.data / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {network} scram-sha-256\n")
            self._options.append(f"listen_addresses=127.0.0.1,{network.partition('/')[0]}")
        self.start()

    def url(self, database: str = "budget_manager") -> str:
        return self._server.url(database)

    def start(self) -> None:
        # command() makes the cluster, and takes away the pid file of one that was killed.
        options = [word for option in self._options for word in ("-c", option)]
        command = [*self._server.command(), *options]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                with_parent(command), cwd="/", stdout=output, stderr=output
            )
        assert wait_for(lambda: bool(self._server.answers()), PATIENCE), self.log.read_text()

    def back_up(self, base: Path, *more: str) -> None:
        """Take a base backup, from which :meth:`from_backup` begins."""
        base.mkdir()
        local = files.local_dir(base)
        program = [*run_as(*self._server.owner()), f"{programs()}/pg_basebackup"]
        words = ["-d", self.url("postgres"), "-D", f"{local / self._server.name}"]
        os.chown(local, *self._server.owner())
        subprocess.run(
            [*program, *words, *more, "--checkpoint=fast"],
            cwd="/",
            check=True,
            capture_output=True,
        )
        os.chown(local, os.geteuid(), os.getegid())

    def from_backup(self, base: Path, signal_file: str, *options: str) -> "OwnPostgres":
        """A server that begins with a base backup: a replica, or one that recovers from WAL."""
        (files.local_dir(base) / self._server.name / signal_file).touch()
        return OwnPostgres(base, *options, password=urlsplit(self.url()).password or "")

    def stop(self, number: signal.Signals = signal.SIGQUIT) -> None:
        """By default without a checkpoint, as after a power cut; then nothing of it runs."""
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        # The processes of a killed one notice that they are alone.
        assert wait_for(lambda: not self._left(), PATIENCE)

    def _left(self) -> list[int]:
        found = psutil.process_iter(["name", "cwd"])
        return [one.pid for one in found if one.info["cwd"] == str(self.data)]
