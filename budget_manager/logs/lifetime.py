"""The first and the last line of a process: what runs here."""

import atexit
import platform
import subprocess
import time
from contextlib import closing
from typing import Any

import structlog
from celery import signals
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

logger = structlog.stdlib.get_logger(__name__)


class Process:
    """This process, from its first line to its last."""

    def __init__(self, name: str, **more: str) -> None:
        self._began = time.monotonic()
        self._versions = {"process": name, **more, **versions()}
        logger.info("Process started", **self._versions)

    def stopped(self) -> None:
        """Log the end. The database is not asked again: it may be what ended the process."""
        seconds = round(time.monotonic() - self._began)
        logger.info("Process stopped", **self._versions, seconds=seconds)


def versions() -> dict[str, Any]:
    from ads.services.operations import timezone_database

    return {
        "version": settings.APP_VERSION or _commit() or "unknown",
        "environment": settings.ENVIRONMENT,
        "python": platform.python_version(),
        "postgresql": _postgresql(),
        "timezones": timezone_database().release,
    }


def _commit() -> str:
    """The commit of this clone; "" if it is none."""
    if not (settings.BASE_DIR / ".git").exists():
        return ""
    try:
        command = ["git", "-C", str(settings.BASE_DIR), "rev-parse", "--short", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _postgresql() -> str:
    """The server's release, on a connection that the process does not keep."""
    try:
        with (
            closing(connections.create_connection(DEFAULT_DB_ALIAS)) as own,
            own.cursor() as cursor,
        ):
            cursor.execute("SHOW server_version")
            return str(cursor.fetchone()[0])
    except DatabaseError as error:
        return f"unreachable: {' '.join(str(error).split())}"


@signals.worker_ready.connect(weak=False)
def worker_started(sender: Any, **_: object) -> None:
    process = Process("worker", node=sender.hostname)
    signals.worker_shutdown.connect(lambda **_: process.stopped(), weak=False)


@signals.beat_init.connect(weak=False)
def beat_started(**_: object) -> None:
    atexit.register(Process("beat").stopped)
