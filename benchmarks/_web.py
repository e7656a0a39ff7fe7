"""The web application under gunicorn, on loopback, on the database of a benchmark."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.utils import timezone

from ads.models.senders import Scope
from ads.services.senders import api_keys

BASE_DIR = Path(__file__).resolve().parent.parent
PATIENCE = 60  # seconds until it answers


@contextmanager
def served(database: str, *, processes: int = 1) -> Iterator[int]:
    """Run gunicorn as it is configured, with its access log off; yields its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = urlsplit(settings.DATABASE_URL)
    environment = {
        **os.environ,
        "BIND": f"127.0.0.1:{port}",
        "DATABASE_URL": urlunsplit(url._replace(path=f"/{database}")),
        "REDIS_URL": settings.REDIS_URL,
        "DEBUG": "false",
        "WEB_CONCURRENCY": str(processes),
    }
    command = [sys.executable, "-m", "gunicorn", "--access-logfile", "/dev/null", "--log-level"]
    command += ["warning", "budget_manager.wsgi"]
    server = subprocess.Popen(command, cwd=BASE_DIR, env=environment)
    try:
        _await_answer(server, port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)


def key() -> str:
    """The text of a new key that may do everything, as often as it likes."""
    _, text = api_keys.issue(
        name="benchmark",
        source="benchmark",
        scopes=Scope.values,
        every_brand=True,
        requests_per_minute=1_000_000,
        now=timezone.now(),
    )
    return text


def _await_answer(server: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("GET", "/api/v1/problems")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("gunicorn does not answer")
