"""A Redis of a test's own."""

import os
import signal
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path

import redis

from budget_manager.bundled import redis_server


class OwnRedis:
    """A Redis that nobody else uses; it can be frozen, stopped and started again.

    ``address``: where else than on loopback it listens, for anybody there.
    """

    def __init__(self, directory: Path, address: str = "") -> None:
        self.directory = directory
        self._options = ["--bind", "127.0.0.1", *([address] if address else [])]
        self._options += ["--protected-mode", "no"] if address else []
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = [*self._options, "--port", str(self.port), "--save", ""]
        self.process = subprocess.Popen(
            [redis_server.program(), *options],
            cwd=self.directory,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 10
        while True:
            try:
                with closing(redis.Redis.from_url(self.url)) as client:
                    client.ping()
            except redis.ConnectionError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)
            else:
                return

    def freeze(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
