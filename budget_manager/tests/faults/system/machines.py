"""The whole application on several machines: each process in a network namespace of its own.

The namespaces are joined by a bridge, on which PostgreSQL and Redis listen too. A machine whose
link is down sends and receives nothing, and nobody is told so: no connection is closed or refused.
Each has a host name of its own as well.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from ads.tests.own_redis import OwnRedis
from budget_manager.tests.faults.system.servers import PATIENCE, OwnPostgres
from budget_manager.tests.faults.system.stack import Stack

#: Of each kind of process.
MACHINES: Final = {"web": 4, "enforcement": 2, "orders": 1, "worker": 2, "beat": 2}

PORT: Final = 8000

#: Sets the machine's name, and becomes the command that follows.
NAMED: Final = 'echo "$0" >/proc/sys/kernel/hostname && exec "$@"'


@dataclass(frozen=True, slots=True)
class Machine:
    """A network namespace and the host's end of its cable."""

    name: str
    address: str
    namespace: str
    link: str

    def enter(self) -> list[str]:
        """What comes before a command that is to run on this machine."""
        inside = ["ip", "netns", "exec", self.namespace]
        return [*inside, "unshare", "--uts", "sh", "-c", NAMED, self.name]

    def cut(self) -> None:
        """Pull the cable."""
        ip("link", "set", self.link, "down")

    def mend(self) -> None:
        ip("link", "set", self.link, "up")


class Network:
    """A bridge with machines on it, in the addresses that are set aside for benchmarks."""

    def __init__(self) -> None:
        pid = os.getpid()
        self._prefix = f"198.{18 + (pid >> 8) % 2}.{pid % 256}"
        self._bridge = f"bm{pid:x}"
        self.machines: list[Machine] = []
        ip("link", "add", self._bridge, "type", "bridge")
        ip("address", "add", self.address, "dev", self._bridge)
        ip("link", "set", self._bridge, "up")

    @property
    def address(self) -> str:
        """The host's own, with the network's width."""
        return f"{self._prefix}.1/24"

    def add(self, name: str) -> Machine:
        """A machine with its cable plugged in."""
        number = len(self.machines) + 2
        namespace = f"{self._bridge}-{number}"
        machine = Machine(name, f"{self._prefix}.{number}", namespace, f"{self._bridge}.{number}")
        self.machines.append(machine)
        inside = ["-n", namespace]
        ip("netns", "add", namespace)
        ip("link", "add", machine.link, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        ip("link", "set", machine.link, "master", self._bridge, "up")
        ip(*inside, "address", "add", f"{machine.address}/24", "dev", "eth0")
        for each in ("lo", "eth0"):
            ip(*inside, "link", "set", each, "up")
        return machine

    def close(self) -> None:
        for machine in self.machines:
            ip("netns", "delete", machine.namespace)
            with suppress(subprocess.CalledProcessError):  # gone with its other end, or soon
                ip("link", "delete", machine.link)
        ip("link", "delete", self._bridge)


def unavailable() -> str:
    """Why there can be no network of one's own here; empty if there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if missing := [name for name in ("ip", "unshare") if shutil.which(name) is None]:
        return f"{' and '.join(missing)} is not installed"
    try:
        Network().close()
    except subprocess.CalledProcessError as error:
        return f"no network namespaces here: {error.stderr.strip()}"
    return ""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Machines(Stack):
    """A machine for each process, named web1, web2, ..., in one network with the servers."""

    timeout = 5.0

    def __init__(
        self, base: Path, kinds: Mapping[str, int] = MACHINES, *, connections: int = 100
    ) -> None:
        self.network = Network()
        self._connections = connections
        try:
            super().__init__(base)
        except BaseException:
            self.network.close()
            raise
        self.of: dict[str, Machine] = {}
        lines, self.commands = self.commands, {}
        for kind, count in kinds.items():
            for number in range(1, count + 1):
                name = f"{kind}{number}"
                self.of[name] = self.network.add(name)
                self.commands[name] = lines[kind]
        self.addresses = [
            f"{machine.address}:{PORT}"
            for name, machine in self.of.items()
            if name.startswith("web")
        ]

    def start_servers(self) -> None:
        address = self.network.address
        self.postgres = OwnPostgres(
            self.base, f"max_connections={self._connections}", network=address
        )
        self.redis = OwnRedis(self.base, address.partition("/")[0])

    def spawn(self, name: str, *before: str, **changes: str) -> "subprocess.Popen[bytes]":
        return super().spawn(name, *before, *self.of[name].enter(), **self.there(name), **changes)

    def there(self, name: str) -> dict[str, str]:
        """The variables by which a machine finds the servers, and itself."""
        machine = self.of[name]
        host = self.network.address.partition("/")[0]
        found = {"DATABASE_URL": self.postgres.url(), "REDIS_URL": self.redis.url}
        moved = {key: urlsplit(url) for key, url in found.items()}
        urls = {
            key: urlunsplit(url._replace(netloc=url.netloc.replace("127.0.0.1", host)))
            for key, url in moved.items()
        }
        hosts = f"{machine.address},127.0.0.1"
        return {**urls, "BIND": f"0.0.0.0:{PORT}", "ALLOWED_HOSTS": hosts}

    def on(self, name: str, *command: str, **changes: str) -> "subprocess.Popen[str]":
        """Run something else on a machine; whoever asked for it reads what it says."""
        return subprocess.Popen(
            [*self.of[name].enter(), *command],
            env=self.environment(**self.there(name), **changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def vanish(self, name: str) -> None:
        """A machine loses its power: nothing runs any more, and nobody is told."""
        self.of[name].cut()
        pids = subprocess.run(
            ["ip", "netns", "pids", self.of[name].namespace],
            check=True, capture_output=True, text=True,
        ).stdout.split()  # fmt: skip
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        self.processes[name].wait(PATIENCE)

    def start(self) -> None:
        """Start what does not run, on machines whose cables are plugged in."""
        for machine in self.of.values():
            machine.mend()
        super().start()

    def stop(self) -> None:
        super().stop()
        self.network.close()
