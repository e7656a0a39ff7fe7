"""A worker as it is started in earnest."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from budget_manager.processes import parse_procfile


def worker_command() -> list[str]:
    procfile = Path(settings.BASE_DIR, "Procfile").read_text()
    return shlex.split(parse_procfile(procfile)["worker"])


@contextmanager
def running_worker(log: Path) -> Iterator[None]:
    """The worker as the Procfile starts it, on the database and the Redis of this test run."""
    parts = urlsplit(settings.DATABASE_URL)
    environment = os.environ | {
        "DATABASE_URL": urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}")),
        "REDIS_URL": settings.REDIS_URL,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    with log.open("w") as output:
        worker = subprocess.Popen(
            [*worker_command(), "--concurrency=2"],
            env=environment,
            cwd=settings.BASE_DIR,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield
    except Exception as error:
        error.add_note(f"The worker said:\n{log.read_text()}")
        raise
    finally:
        worker.terminate()
        try:
            worker.wait(timeout=15)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
