"""The web application under gunicorn, on loopback, on the database of a benchmark."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.utils import timezone

from ads.models.access import Scope
from ads.services.senders import api_keys

PATIENCE = 60  # seconds until it answers


class Refused(SystemExit):
    """An answer that is none of those expected."""

    def __init__(self, path: str, status: int, content: bytes) -> None:
        super().__init__(f"{path}: {status} {content[:500]!r}")
        self.status = status


@dataclass
class Client:
    """A client of the API, or of what is ``under`` another path, that keeps one connection open."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)
    under: str = "/api/v1"

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def ask(self, path: str, body: bytes | None = None) -> tuple[float, bytes]:
        """GET, or POST a body: the seconds it took, and the answer."""
        began = time.perf_counter()
        method = "GET" if body is None else "POST"
        self.connection.request(method, f"{self.under}{path}", body, self.headers)
        response = self.connection.getresponse()
        content = response.read()
        took = time.perf_counter() - began
        if response.status != http.HTTPStatus.OK:
            raise Refused(path, response.status, content)
        return took, content


@contextmanager
def served(database: str, *, processes: int = 1) -> Iterator[int]:
    """Run gunicorn as it is configured, with its access log off; yields its port."""
    environment = {
        "DATABASE_URL": urlunsplit(urlsplit(settings.DATABASE_URL)._replace(path=f"/{database}")),
        "REDIS_URL": settings.REDIS_URL,
        "DEBUG": "false",
        "WEB_CONCURRENCY": str(processes),
    }
    with running(settings.BASE_DIR, environment) as (port, _):
        yield port


@contextmanager
def running(checkout: Path, environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Run the gunicorn of a checkout; yields its port and its process, the parent of the others."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--access-logfile", "/dev/null", "--log-level"]
    command += ["warning", "budget_manager.wsgi"]
    server = subprocess.Popen(
        command,
        cwd=checkout,
        env=os.environ | {"BIND": f"127.0.0.1:{port}", "ACCESS_LOG": "/dev/null"} | environment,
    )
    try:
        _await_answer(server, port)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)


def authorization() -> dict[str, str]:
    """The header of a new key that may do everything, as often as it likes."""
    _, text = api_keys.issue(
        name="benchmark",
        source="benchmark",
        scopes=Scope.values,
        every_brand=True,
        requests_per_minute=1_000_000,
        now=timezone.now(),
    )
    return {"Authorization": f"Bearer {text}"}


def _await_answer(server: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < until:
        try:
            Client(port).ask("/problems")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("gunicorn does not answer")
