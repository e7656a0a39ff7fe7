"""The workers as they are started in earnest."""

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


def worker_commands() -> dict[str, list[str]]:
    """Those of the Procfile, by their names there."""
    lines = parse_procfile(Path(settings.BASE_DIR, "Procfile").read_text())
    return {name: shlex.split(line) for name, line in lines.items() if " worker " in line}


def queues_of(command: list[str]) -> set[str]:
    """The queues that a worker started so consumes."""
    return set(command[command.index("-Q") + 1].split(","))


@contextmanager
def running_workers(log: Path, *names: str) -> Iterator[dict[str, "subprocess.Popen[bytes]"]]:
    """The Procfile's workers (all, if none is named), on the servers of this test run."""
    parts = urlsplit(settings.DATABASE_URL)
    environment = os.environ | {
        "DATABASE_URL": urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}")),
        "REDIS_URL": settings.REDIS_URL,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    with log.open("w") as output:
        workers = {
            name: subprocess.Popen(
                command, env=environment, cwd=settings.BASE_DIR, stdout=output, stderr=output
            )
            for name, command in worker_commands().items()
            if not names or name in names
        }
    try:
        yield workers
    except Exception as error:
        error.add_note(f"The workers said:\n{log.read_text()}")
        raise
    finally:
        for worker in workers.values():
            worker.terminate()
        for worker in workers.values():
            try:
                worker.wait(timeout=15)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
